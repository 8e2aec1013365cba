/**
 * Signed notes (C2SP signed-note v1.0.0): a text and under it the signatures of named keys. Only
 * Ed25519 keys (type 01) are verified; signatures of other keys are kept and ignored.
 */
import { concat, equal, fromHex, toHex, utf8 } from '../bytes.js'
import { ed25519Verify, sha256 } from '../crypto.js'
import { assert } from '../failure.js'
import { noteBytesMax, noteSignaturesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { fromBase64, toBase64 } from './base64.js'

/** A key that signs notes under a name. */
export interface NoteKey {
  name: string
  /** Ed25519, 32 bytes. */
  publicKey: Uint8Array
}

export interface NoteSignature {
  name: string
  /** 4 bytes. */
  keyId: Uint8Array
  signature: Uint8Array
}

/** A note as it was read; nothing is known of its signatures yet. */
export interface Note {
  /** Ends in a newline; this is what is signed. */
  text: string
  signatures: NoteSignature[]
}

const keyIdBytes = 4
/** What a key signs (C2SP signed-note, signature types): texts as they are, or cosignatures. */
export type KeyType = 'note' | 'cosignature'
const typeBytes: Readonly<Record<KeyType, number>> = { note: 1, cosignature: 4 }
const words: Readonly<Record<KeyType, string>> = {
  note: 'checkpoints (type 01)',
  cosignature: 'cosignatures (type 04)',
}
const newline = Uint8Array.of(0x0a)
/** Em dash and space. */
const signaturePrefix = '\u2014 '
/** `\s` with `u` is every Unicode space but U+0085. */
const nameForbidden = /[\s\u0085+]/u

/** No control characters below U+0020 but newline, and no halves of surrogate pairs: it has a UTF-8. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 && code !== 0x0a) return false
  }
  return !/\p{Cs}/u.test(text)
}

/** Whether a text can name a key: not empty, no Unicode space, no plus. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && !nameForbidden.test(name) && isPlain(name)
}

/** SHA-256(name || 0A || type || key), its first 4 bytes; type 01 of notes, 04 of cosignatures. */
export function keyIdOf(key: NoteKey, type: KeyType = 'note'): Uint8Array {
  const typeByte = Uint8Array.of(typeBytes[type])
  return sha256(utf8(key.name), newline, typeByte, key.publicKey).slice(0, keyIdBytes)
}

/** `<name>+<key id in hex>+<base64(type || key)>`. */
export function formatVkey(key: NoteKey, type: KeyType = 'note'): string {
  assert(isKeyName(key.name), 'a key has a name without spaces and plus')
  const encoded = toBase64(concat(Uint8Array.of(typeBytes[type]), key.publicKey))
  return `${key.name}+${toHex(keyIdOf(key, type))}+${encoded}`
}

/**
 * Reads a verifier key; `malformed` where it is not an Ed25519 one of this type or its id is not that
 * of the key.
 */
export function parseVkey(text: string, type: KeyType = 'note'): Result<NoteKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)
  if (match === null) return refuse('malformed', 'not of the form <name>+<key id>+<key>')
  const [name, id, encoded] = [match[1]!, match[2]!, match[3]!]
  if (!isKeyName(name)) return refuse('malformed', 'the key name has a space')
  const bytes = fromBase64(encoded)
  if (bytes?.length !== 33 || bytes[0] !== typeBytes[type])
    return refuse('malformed', `not an Ed25519 key for ${words[type]}`)
  const key = { name, publicKey: bytes.subarray(1) }
  if (!equal(fromHex(id)!, keyIdOf(key, type)))
    return refuse('malformed', 'the key id is of another key')
  return accept(key)
}

/**
 * A note over `text`, which ends in a newline, with one signature. `sign` gives 64 bytes over the
 * UTF-8 of the text.
 */
export function signNote(
  text: string,
  key: NoteKey,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  assert(text.endsWith('\n') && isPlain(text), 'a note is plain text of whole lines')
  assert(isKeyName(key.name), 'a key has a name without spaces and plus')
  const line = formatSignature({
    name: key.name,
    keyId: keyIdOf(key),
    signature: sign(utf8(text)),
  })
  return `${text}\n${line}`
}

/** A signature as a line of a note, with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `${signaturePrefix}${name} ${toBase64(concat(keyId, signature))}\n`
}

/** Takes a note apart: strict in form, no signature is verified. */
export function parseNote(note: string): Result<Note> {
  if (note.length > noteBytesMax) return refuse('malformed', 'the note is too long')
  if (!isPlain(note)) return refuse('malformed', 'the note has a control character')
  // The text may have empty lines: the last one separates it from the signatures.
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return refuse('malformed', 'the note has no signatures')
  const signatures = parseSignatures(note.slice(split + 2))
  if (!signatures.ok) return signatures
  return accept({ text: note.slice(0, split + 1), signatures: signatures.value })
}

/** One or more signature lines, each with its newline. */
export function parseSignatures(text: string): Result<NoteSignature[]> {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length === 0)
    return refuse('malformed', 'the note has no signatures')
  if (lines.length > noteSignaturesMax)
    return refuse('malformed', 'the note has too many signatures')
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignature(line)
    if (signature === undefined) return refuse('malformed', 'a signature line is malformed')
    signatures.push(signature)
  }
  return accept(signatures)
}

function parseSignature(line: string): NoteSignature | undefined {
  if (!line.startsWith(signaturePrefix)) return undefined
  const [name, encoded, ...rest] = line.slice(signaturePrefix.length).split(' ')
  if (name === undefined || encoded === undefined || rest.length > 0) return undefined
  const bytes = fromBase64(encoded)
  if (!isKeyName(name) || bytes === undefined || bytes.length <= keyIdBytes) return undefined
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) }
}

/**
 * The text of a note that `key` has signed. Refused where the note is malformed, has no signature of
 * that key (name and id), or has one that does not verify, even beside one that does.
 */
export function openNote(
  note: string,
  key: NoteKey,
  verify: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean = ed25519Verify,
): Result<string> {
  const parsed = parseNote(note)
  if (!parsed.ok) return parsed
  const { text, signatures } = parsed.value
  const id = keyIdOf(key)
  const known = signatures.filter(({ name, keyId }) => name === key.name && equal(keyId, id))
  if (known.length === 0) return refuse('bad-signature', `no signature by ${key.name}, this key`)
  const message = utf8(text)
  for (const { signature } of known) {
    if (signature.length !== 64 || !verify(signature, message, key.publicKey))
      return refuse('bad-signature', `the signature by ${key.name} does not verify`)
  }
  return accept(text)
}
