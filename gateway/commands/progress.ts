/** Progress of long commands, on standard error: a bar in a terminal, lines elsewhere. Short work shows nothing. */
import { openProgress } from '../../simulator/progress.js'

export interface ProgressBar {
  /** Safe to call as often as there is something new. */
  show: (done: number, total: number) => void
  /** Before something else is printed. */
  clear: () => void
  end: () => void
}

/** Nothing is shown before this, ms. */
const quietMs = 400

/** `format`: how an amount is written, such as bytes. */
export function createProgressBar(
  label: string,
  format: (amount: number) => string = String,
): ProgressBar {
  const now = (): number => performance.now()
  const progress = openProgress({ out: process.stderr, env: process.env, now })
  const beganMs = now()
  return {
    show(done, total) {
      if (now() - beganMs < quietMs) return
      const share = total <= 0 ? undefined : done / total
      progress.update(share, `${label}: ${format(done)} of ${format(total)}`)
    },
    clear: () => progress.clear(),
    end: () => progress.end(),
  }
}
