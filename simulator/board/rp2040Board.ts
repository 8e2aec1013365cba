/** An RP2040 that runs a firmware image in a thread of its own. */
import type { BoardHost, EmulatedBoard } from './board.js'
import type { Beginning } from './rp2040Worker.js'
import { startInThread } from './threadBoard.js'

/** Starts a board with an image in its flash, and the records that `saved` gave last, if any. */
export function startRp2040(
  image: Uint8Array,
  host: BoardHost,
  records?: Uint8Array,
): EmulatedBoard {
  const beginning: Beginning = { image, records }
  return startInThread(new URL('./rp2040Worker.js', import.meta.url), beginning, host)
}
