/**
 * Cuts a byte stream into MQTT packets (MQTT 3.1.1 section 2.2) and refuses one that is too large
 * from its fixed header, before its body is buffered.
 *
 * A packet that lies whole in a chunk is handed on as a range of that chunk, without a copy: the cost
 * is one header per packet, whatever its size. Only a packet that spans chunks gets a buffer, of its
 * own exact size, which the limit bounds.
 */

export interface PacketSink {
  /** One whole packet: `buffer[start, end)`, its body from `body`. The range is only valid during the call. */
  packet(buffer: Buffer, start: number, body: number, end: number): void
  /** The stream cannot go on; nothing is handed on afterwards. */
  broken(reason: 'oversize' | 'protocol'): void
}

const nothing = Buffer.alloc(0)

export class PacketSplitter {
  /** Remaining length that a packet may have, bytes. Changes at login. */
  bodyBytesMax: number
  readonly #sink: PacketSink
  #held = false
  #stopped = false
  #waiting: Buffer[] = []
  /** Bytes of a fixed header whose end has not come yet: at most 4. */
  #head: Buffer = nothing
  /** A packet that began in an earlier chunk. */
  #packet: Buffer | undefined
  #filled = 0
  #body = 0

  constructor(sink: PacketSink, bodyBytesMax: number) {
    this.#sink = sink
    this.bodyBytesMax = bodyBytesMax
  }

  /** Takes the next chunk. While held it is kept: the caller stops reading, so there are few. */
  feed(chunk: Buffer): void {
    if (this.#stopped) return
    if (this.#held) this.#waiting.push(chunk)
    else this.#scan(chunk)
  }

  /** No packet is handed on until `release`; also from inside `packet`. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    while (!this.#held && !this.#stopped) {
      const chunk = this.#waiting.shift()
      if (chunk === undefined) return
      this.#scan(chunk)
    }
  }

  /** Hands nothing on any more and lets go of what is kept. */
  stop(): void {
    this.#stopped = true
    this.#waiting = []
    this.#packet = undefined
    this.#head = nothing
  }

  #scan(input: Buffer): void {
    let chunk = input
    let at = 0
    if (this.#head.length > 0) {
      chunk = Buffer.concat([this.#head, input])
      this.#head = nothing
    } else if (this.#packet !== undefined) {
      at = this.#fill(chunk)
    }
    while (at < chunk.length && !this.#stopped) {
      if (this.#held) {
        this.#waiting.unshift(chunk.subarray(at))
        return
      }
      at = this.#next(chunk, at)
    }
  }

  /** Completes the packet that began in an earlier chunk; returns how much of this one it took. */
  #fill(chunk: Buffer): number {
    const packet = this.#packet!
    const taken = Math.min(packet.length - this.#filled, chunk.length)
    chunk.copy(packet, this.#filled, 0, taken)
    this.#filled += taken
    if (this.#filled === packet.length) {
      this.#packet = undefined
      this.#sink.packet(packet, 0, this.#body, packet.length)
    }
    return taken
  }

  /** Handles the packet that begins at `at`; returns where the next one begins. */
  #next(chunk: Buffer, at: number): number {
    let length = 0
    let body = at + 1
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) return this.#fail('protocol', chunk)
      if (body === chunk.length) {
        this.#head = Buffer.from(chunk.subarray(at))
        return chunk.length
      }
      const byte = chunk[body++]!
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    if (length > this.bodyBytesMax) return this.#fail('oversize', chunk)
    const end = body + length
    if (end <= chunk.length) {
      this.#sink.packet(chunk, at, body, end)
      return end
    }
    this.#packet = Buffer.allocUnsafeSlow(end - at)
    this.#body = body - at
    this.#filled = chunk.copy(this.#packet, 0, at)
    return chunk.length
  }

  #fail(reason: 'oversize' | 'protocol', chunk: Buffer): number {
    this.stop()
    this.#sink.broken(reason)
    return chunk.length
  }
}
