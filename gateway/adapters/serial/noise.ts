import { serialNoiseBytesMin } from '../../core/limits.js'

/**
 * Tells a board that talks from a port that speaks another baud rate: what arrives then is mostly
 * bytes that no text holds. A question for a person, never a reason to refuse anything.
 */
export class Noise {
  #bytes = 0
  #odd = 0

  /** Counts what arrived. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    for (const byte of chunk) if (!isText(byte)) this.#odd++
  }

  /** True where at least 30 % of `serialNoiseBytesMin` bytes or more are no text. */
  get heard(): boolean {
    return this.#bytes >= serialNoiseBytesMin && this.#odd * 10 >= this.#bytes * 3
  }
}

/** Printable ASCII, tab, line feed, carriage return, escape. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13) || byte === 0x1b
}
