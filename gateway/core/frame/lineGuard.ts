/**
 * Splits the bytes of a serial port into lines with bounded memory, whatever comes: noise at the
 * wrong speed, a board that prints for ever without a line end, a sentence cut by a reset.
 *
 * A line comes out as its log part (before the last `$FP`, at most `logBytesMax` bytes of it) and
 * its sentence (from the last `$FP`, at most one byte more than a sentence may have, so that
 * `parseLine` sees that it is too long). How the bytes were cut into chunks makes no difference.
 */
import { logBytesMax, sentenceCharsMax } from '../limits.js'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const start = [0x24, 0x46, 0x50] as const

/** The first bytes of a part of a line, and how many it has in all. */
class Part {
  readonly kept: Uint8Array
  total = 0

  constructor(bytesMax: number) {
    this.kept = new Uint8Array(bytesMax)
  }

  get length(): number {
    return Math.min(this.total, this.kept.length)
  }

  append(byte: number): void {
    if (this.total < this.kept.length) this.kept[this.total] = byte
    this.total++
  }

  /** Takes over all of another part, which is then empty. Every byte that fits was kept there. */
  absorb(other: Part): void {
    const room = this.kept.length - this.length
    this.kept.set(other.kept.subarray(0, Math.min(room, other.length)), this.length)
    this.total += other.total
    other.total = 0
  }

  /** Takes the last `count` bytes away. */
  drop(count: number): void {
    this.total -= count
  }

  /** True where the part ends with this byte, and the byte was kept. */
  endsWith(byte: number): boolean {
    return this.total > 0 && this.total <= this.kept.length && this.kept[this.total - 1] === byte
  }
}

export class LineGuard {
  // The log part is no longer than a sentence part, so that `absorb` never needs a byte that was
  // not kept.
  private readonly log = new Part(logBytesMax)
  private readonly sentence = new Part(sentenceCharsMax + 1)
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** How many bytes of `$FP` the line ends with. */
  private matched = 0
  private droppedBefore = 0

  /** Bytes that were not kept because a line was too long; the unfinished line included. */
  get dropped(): number {
    const { log, sentence } = this
    return this.droppedBefore + log.total - log.length + sentence.total - sentence.length
  }

  /** Lines that this chunk completes, without their ends (LF or CRLF); empty ones are left out. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    for (const byte of chunk) {
      if (byte !== lineFeed) {
        this.take(byte)
        continue
      }
      const line = this.text()
      if (line !== '') lines.push(line)
      this.reset()
    }
    return lines
  }

  /** Forgets the unfinished line, for a port that was opened again. */
  reset(): void {
    this.droppedBefore = this.dropped
    this.log.total = 0
    this.sentence.total = 0
    this.matched = 0
  }

  private take(byte: number): void {
    const part = this.sentence.total > 0 ? this.sentence : this.log
    part.append(byte)
    if (byte === start[this.matched]) this.matched++
    else this.matched = byte === start[0] ? 1 : 0
    if (this.matched < start.length) return
    // A later `$FP` makes all before it the board's log.
    part.drop(start.length)
    if (part === this.sentence) this.log.absorb(part)
    for (const known of start) this.sentence.append(known)
    this.matched = 0
  }

  private text(): string {
    const last = this.sentence.total > 0 ? this.sentence : this.log
    if (last.endsWith(carriageReturn)) last.drop(1)
    return this.decode(this.log) + this.decode(this.sentence)
  }

  private decode(part: Part): string {
    return this.decoder.decode(part.kept.subarray(0, part.length))
  }
}
