/**
 * The thread of one emulated Mega 2560. It sleeps by the clock on the wall; work takes as long as the
 * emulator needs, which is less than the chip.
 */
import { randomBytes } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { chipSliceMs } from '../limits.js'
import { ChipThread } from './chipThread.js'
import { MegaChip } from './megaChip.js'
import { Pace } from './pace.js'

const thread = new ChipThread()
const chip = new MegaChip(workerData as Uint8Array, {
  sent: (byte) => thread.sent(byte),
  jitter: () => randomBytes(2).readUInt16BE() / 65_536,
})
const pace = new Pace(() => performance.now())
thread.obey(chip)

function slice(): void {
  const end = performance.now() + chipSliceMs
  const grantMs = pace.grant()
  const sleptMs = chip.run(grantMs / 1e3, () => performance.now() > end) * 1e3
  pace.ran(sleptMs)
  thread.flush()
  if (sleptMs < grantMs) setImmediate(slice)
  else setTimeout(slice, chipSliceMs)
}

slice()
