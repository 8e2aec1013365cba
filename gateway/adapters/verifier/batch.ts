/**
 * A batch of readings on its way to a worker and back: one transferable buffer each way, so that a
 * hand-over costs the same for one message as for sixty-four.
 *
 * There: u32 count, u32 length of each message, then each message after a 00 byte: what a leaf is
 * hashed over (RFC 9162 section 2.1.1) then stands in the buffer as it is.
 * Back: a row of 72 bytes for each message: f64 seq, timeMin, timeMax; kid 8; leaf 32; u8 flags;
 * u8 reason; 6 unused. Words for people travel beside it, for refused messages only.
 */
import { messageBytesMax } from '../../core/limits.js'
import { reasons } from '../../core/verdict.js'
import type { Checked } from '../../ports/verifier.js'
import { type Checker, sha256Of } from './checker.js'

/** Why a message is refused: its place in the batch, and the words. */
export type Detail = [number, string]

const rowBytes = 72
const kidAt = 24
const leafAt = 32
const flagsAt = 64
const reasonAt = 65

const isForm = 1
const isKnown = 2
const isSigned = 4

/** Packs messages. One that is too long is cut one byte above the limit, which is all it takes. */
export function packMessages(messages: readonly Uint8Array[]): ArrayBuffer {
  const count = messages.length
  let size = 4 + 4 * count
  for (const message of messages) size += 1 + Math.min(message.length, messageBytesMax + 1)
  const buffer = new ArrayBuffer(size)
  const lengths = new Uint32Array(buffer, 0, 1 + count)
  const bytes = new Uint8Array(buffer)
  lengths[0] = count
  let at = 4 + 4 * count
  for (let i = 0; i < count; i++) {
    const message = messages[i]!
    const isLong = message.length > messageBytesMax
    bytes.set(isLong ? message.subarray(0, messageBytesMax + 1) : message, at + 1)
    lengths[i + 1] = isLong ? messageBytesMax + 1 : message.length
    at += 1 + lengths[i + 1]!
  }
  return buffer
}

/** Checks a packed batch; returns the packed rows and the words. Runs in the worker. */
export function checkPacked(
  packed: ArrayBuffer,
  checker: Checker,
): { rows: ArrayBuffer; details: Detail[] } {
  const count = new Uint32Array(packed, 0, 1)[0]!
  const lengths = new Uint32Array(packed, 4, count)
  const rows = new ArrayBuffer(count * rowBytes)
  const numbers = new Float64Array(rows)
  const bytes = new Uint8Array(rows)
  const details: Detail[] = []
  let at = 4 + 4 * count
  for (let i = 0; i < count; i++) {
    const end = at + 1 + lengths[i]!
    const result = checker.check(new Uint8Array(packed, at + 1, lengths[i]!))
    const row = i * rowBytes
    if (result.ok) {
      const { kid, seq, known, signature, profile, timeMin, timeMax } = result.value
      numbers[row / 8] = seq
      numbers[row / 8 + 1] = timeMin
      numbers[row / 8 + 2] = timeMax
      bytes.set(kid, row + kidAt)
      bytes.set(sha256Of(new Uint8Array(packed, at, end - at)), row + leafAt)
      bytes[row + flagsAt] = isForm | (known ? isKnown : 0) | (signature ? isSigned : 0)
      if (profile !== undefined) {
        bytes[row + reasonAt] = 1 + reasons.indexOf(profile.reason)
        details.push([i, profile.detail])
      }
    } else {
      details.push([i, result.detail])
    }
    at = end
  }
  return { rows, details }
}

/** The results of a batch; leaves are views of `rows`. */
export function unpackRows(rows: ArrayBuffer, details: readonly Detail[]): Checked[] {
  const count = rows.byteLength / rowBytes
  const numbers = new Float64Array(rows)
  const bytes = Buffer.from(rows)
  const words = new Map(details)
  const out: Checked[] = new Array(count)
  for (let i = 0; i < count; i++) {
    const row = i * rowBytes
    const flags = bytes[row + flagsAt]!
    const reason = bytes[row + reasonAt]!
    out[i] =
      (flags & isForm) === 0
        ? { form: 'malformed', detail: words.get(i) ?? '' }
        : {
            form: 'ok',
            kid: bytes.toString('hex', row + kidAt, row + leafAt),
            seq: numbers[row / 8]!,
            leaf: new Uint8Array(rows, row + leafAt, 32),
            known: (flags & isKnown) !== 0,
            signature: (flags & isSigned) !== 0,
            profile:
              reason === 0
                ? undefined
                : { reason: reasons[reason - 1]!, detail: words.get(i) ?? '' },
            timeMin: numbers[row / 8 + 1]!,
            timeMax: numbers[row / 8 + 2]!,
          }
  }
  return out
}
