/**
 * Progress for people: one bar that redraws itself on a terminal, a line now and then elsewhere.
 * `NO_COLOR` (no-color.org) is honoured.
 */

export interface ProgressOptions {
  /** Where it goes; `process.stderr` in commands, so that output stays clean. */
  out: { write(text: string): unknown; isTTY?: boolean; columns?: number }
  env: { readonly NO_COLOR?: string | undefined; readonly TERM?: string | undefined }
  /** Monotonic milliseconds. */
  now(): number
}

export interface Progress {
  /** `share`: 0..1, or `undefined` where the end is not known. `text`: what stands beside the bar. */
  update(share: number | undefined, text: string): void
  /** A line above the bar that stays. */
  note(text: string): void
  /** Frees the line for what others print; the next update draws again. */
  clear(): void
  /** Draws the last state and leaves the line. */
  end(): void
}

const barChars = 24
const redrawMs = 100
const lineMs = 5_000

/** Never throws; draws at most ten times a second on a terminal, else every five seconds. */
export function openProgress({ out, env, now }: ProgressOptions): Progress {
  const live = out.isTTY === true && env.TERM !== 'dumb'
  const color = live && !env.NO_COLOR
  let drawnAt = Number.NEGATIVE_INFINITY
  let last = ''
  let drawn = ''
  const draw = (): void => {
    drawnAt = now()
    drawn = last
    out.write(live ? `\r\x1b[K${last}` : `${last}\n`)
  }
  return {
    update(share, text) {
      const plain = share === undefined ? text : `${percent(share)} ${text}`
      last = live
        ? clip(share === undefined ? text : `${bar(share, color)} ${plain}`, out.columns)
        : plain
      if (now() - drawnAt >= (live ? redrawMs : lineMs)) draw()
    },
    note(text) {
      out.write(live ? `\r\x1b[K${text}\n` : `${text}\n`)
      if (live && last !== '') draw()
    },
    clear() {
      if (live && drawn !== '') out.write('\r\x1b[K')
      drawn = ''
    },
    end() {
      if (last !== '' && last !== drawn) draw()
      if (live && last !== '') out.write('\n')
      last = ''
    },
  }
}

function percent(share: number): string {
  return `${String(Math.floor(clamp(share) * 100)).padStart(3)} %`
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

function bar(share: number, color: boolean): string {
  const full = Math.round(clamp(share) * barChars)
  const done = '█'.repeat(full)
  const rest = '░'.repeat(barChars - full)
  return color ? `\x1b[32m${done}\x1b[0m${rest}` : done + rest
}

/** A terminal's colour sequence. */
const sequence = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`)

/** Cut so that the line does not wrap; escape sequences take no room. */
function clip(text: string, columns: number | undefined): string {
  // A terminal that does not know its width says 0.
  let room = (columns || 80) - 1
  let out = ''
  for (const part of text.split(sequence)) {
    if (sequence.test(part)) out += part
    else {
      out += part.slice(0, Math.max(0, room))
      room -= part.length
    }
  }
  return out
}
