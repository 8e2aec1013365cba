/** A Mega 2560 that runs a firmware image in a thread of its own. */
import type { BoardHost, EmulatedBoard } from './board.js'
import { startInThread } from './threadBoard.js'

/** Starts a board with an image in its flash, and nothing in its EEPROM. */
export function startMega(image: Uint8Array, host: BoardHost): EmulatedBoard {
  return startInThread(new URL('./megaWorker.js', import.meta.url), image, host)
}
