/**
 * Cosignatures of checkpoints (C2SP tlog-cosignature, Ed25519): a witness says that at a time this
 * was the largest tree of the log that it had seen, and that it contains all those before.
 */
import { concat, equal, utf8 } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { assert } from '../failure.js'
import { noteSignaturesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import {
  formatSignature,
  keyIdOf,
  type Note,
  type NoteKey,
  type NoteSignature,
  parseNote,
} from './note.js'

/** 8 bytes of time, 64 of signature. */
const timeBytes = 8
const cosignatureBytes = timeBytes + 64
/** The last second of the year 9999: a later time is none, and no text could show it. */
const timeSecMax = 253_402_300_799n

/** A cosignature that was verified. */
export interface Cosignature {
  key: NoteKey
  /** Unix seconds at which the witness signed, as it says. */
  timeSec: number
  signature: NoteSignature
}

/** What a witness signs: two lines in front of the checkpoint's text. */
function signedText(text: string, timeSec: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSec}\n${text}`)
}

/** The signature line, newline included, of a witness under a checkpoint's text at Unix `timeSec`. */
export function cosign(
  text: string,
  key: NoteKey,
  timeSec: number,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  assert(Number.isSafeInteger(timeSec) && timeSec >= 0, 'a time is a count of seconds')
  assert(text.endsWith('\n'), 'a checkpoint is whole lines')
  const time = new Uint8Array(timeBytes)
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSec))
  const signature = concat(time, sign(signedText(text, timeSec)))
  return formatSignature({ name: key.name, keyId: keyIdOf(key, 'cosignature'), signature })
}

/** Whether a signature line says that it is by this key, as a cosignature. Nothing is verified. */
export function isLineOf(line: NoteSignature, key: NoteKey): boolean {
  return line.name === key.name && equal(line.keyId, keyIdOf(key, 'cosignature'))
}

/** The cosignature on a line that `isLineOf` this key; `bad-signature` where it does not verify. */
export function openCosignature(
  text: string,
  line: NoteSignature,
  key: NoteKey,
  verify: VerifySignature = ed25519Verify,
): Result<Cosignature> {
  const { signature } = line
  const bad = refuse('bad-signature', `the cosignature by ${key.name} does not verify`)
  if (signature.length !== cosignatureBytes) return bad
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  if (time > timeSecMax) return bad
  const timeSec = Number(time)
  const signed = signedText(text, timeSec)
  if (!verify(signature.subarray(timeBytes), signed, key.publicKey)) return bad
  return accept({ key, timeSec, signature: line })
}

/**
 * The cosignatures of these keys under a note, at most one of each. Lines of other keys are ignored;
 * one of these keys that does not verify refuses the note (C2SP signed-note), even beside a good one.
 */
export function openCosignatures(
  note: Note,
  keys: readonly NoteKey[],
  verify: VerifySignature = ed25519Verify,
): Result<Cosignature[]> {
  const found = new Map<NoteKey, Cosignature>()
  for (const line of note.signatures) {
    const key = keys.find((one) => isLineOf(line, one))
    if (key === undefined) continue
    const opened = openCosignature(note.text, line, key, verify)
    if (!opened.ok) return opened
    found.set(key, opened.value)
  }
  return accept([...found.values()])
}

/**
 * The note with these lines under its own signatures. A line of a name and key id that is there
 * already takes the older one's place, so that a witness stands once.
 */
export function withCosignatures(note: string, lines: readonly NoteSignature[]): string {
  const parsed = parseNote(note)
  assert(parsed.ok, 'a note of our own is well-formed')
  const { text, signatures } = parsed.value
  const same = (a: NoteSignature, b: NoteSignature): boolean =>
    a.name === b.name && equal(a.keyId, b.keyId)
  const kept = signatures.filter((one) => !lines.some((line) => same(one, line)))
  const all = [...kept, ...lines].slice(0, noteSignaturesMax)
  return `${text}\n${all.map(formatSignature).join('')}`
}
