import { Transform, type TransformCallback } from 'node:stream'
import { LineGuard } from '../../core/frame/lineGuard.js'

/** What came out of a port. */
export interface GuardCounts {
  bytes: number
  lines: number
  /** Bytes that belonged to no line of bearable length. */
  dropped: number
}

/**
 * The line guard as a stream, in front of parser-readline, which buffers without limit: what passes
 * here are whole lines of bounded length, each with its line feed.
 */
export class GuardStream extends Transform {
  readonly #guard = new LineGuard()
  readonly #counts: GuardCounts

  /** `counts` is added to. */
  constructor(counts: GuardCounts) {
    super()
    this.#counts = counts
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const before = this.#guard.dropped
    const lines = this.#guard.push(chunk)
    this.#counts.bytes += chunk.length
    this.#counts.lines += lines.length
    this.#counts.dropped += this.#guard.dropped - before
    for (const line of lines) this.push(`${line}\n`)
    done()
  }
}
