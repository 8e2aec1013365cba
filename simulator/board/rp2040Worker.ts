/** The thread of one emulated RP2040: it takes a processor while the firmware signs. */
import { randomBytes } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { chipRecordsAt, chipRecordsBytes, chipSliceMs } from '../limits.js'
import { ChipThread } from './chipThread.js'
import { Pace } from './pace.js'
import { startChip } from './rp2040Chip.js'

/** What the thread begins with: the image, and the records of an earlier life. */
export interface Beginning {
  image: Uint8Array
  records: Uint8Array | undefined
}

const thread = new ChipThread()
const chip = startChip(flashOf(workerData as Beginning), {
  sent: (byte) => thread.sent(byte),
  randomBit: () => randomBytes(1)[0]! & 1,
  written: () => {
    thread.flush()
    thread.report({ saved: chip.flash.slice(chipRecordsAt, chipRecordsAt + chipRecordsBytes) })
  },
})
const pace = new Pace(() => performance.now())
thread.obey(chip)

function flashOf({ image, records }: Beginning): Uint8Array {
  const flash = new Uint8Array(chipRecordsAt + chipRecordsBytes).fill(0xff)
  flash.set(image)
  if (records !== undefined) flash.set(records, chipRecordsAt)
  return flash
}

function slice(): void {
  const end = performance.now() + chipSliceMs
  const grantMs = pace.grant()
  const ranMs = chip.run(grantMs * 1e6, () => performance.now() > end) / 1e6
  pace.ran(ranMs)
  thread.flush()
  if (ranMs < grantMs) setImmediate(slice)
  else setTimeout(slice, chipSliceMs)
}

slice()
