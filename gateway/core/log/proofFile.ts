/**
 * The proof file of one reading (PROTOCOL 6.2): its JSON form. What the parts prove, link by link,
 * is in proofLinks.ts. The form is strict: no field too many, none missing, none twice.
 */
import { toB64u } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import { proofFileBytesMax, proofPathMax, proofRotationsMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'

/** All byte strings are b64u. */
export interface ProofFile {
  v: 1
  network: string
  gateway: { id: string; key: string }
  kind: 'reading'
  /** COSE bytes of the reading, as journalled. */
  message: string
  device: {
    id: string
    /** The key that signed the message. */
    key: string
    /** Rotations from the device's first key to `key`, oldest first. */
    rotations: string[]
    /** The device's first key: only where there are rotations. The first one is signed with it. */
    first?: string
  }
  log: { index: number; size: number; path: string[]; checkpoint: string }
}

/** What a proof file is made of, in bytes. */
export interface ProofParts {
  network: string
  gatewayKey: Uint8Array
  message: Uint8Array
  /** Key that signed the message, and the rotations that led to it from the first key. */
  deviceKey: Uint8Array
  firstKey: Uint8Array
  rotations: readonly Uint8Array[]
  index: number
  size: number
  path: readonly Uint8Array[]
  /** Text of the signed checkpoint of `size` entries. */
  checkpoint: string
}

/** The proof file of these parts; `JSON.stringify` writes it. */
export function buildProofFile(parts: ProofParts): ProofFile {
  const first = parts.rotations.length > 0 ? { first: toB64u(parts.firstKey) } : {}
  return {
    v: 1,
    network: parts.network,
    gateway: { id: deviceIdOf(parts.gatewayKey), key: toB64u(parts.gatewayKey) },
    kind: 'reading',
    message: toB64u(parts.message),
    device: {
      id: deviceIdOf(parts.firstKey),
      key: toB64u(parts.deviceKey),
      rotations: parts.rotations.map(toB64u),
      ...first,
    },
    log: {
      index: parts.index,
      size: parts.size,
      path: parts.path.map(toB64u),
      checkpoint: parts.checkpoint,
    },
  }
}

/** What a field must be. */
type Shape =
  | { is: (value: unknown) => boolean; words: string }
  | { fields: Record<string, Shape>; optional?: readonly string[] }

const text: Shape = { is: (value) => typeof value === 'string', words: 'text' }
const count: Shape = {
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: 'an integer from 0 below 2^53',
}

function exactly(wanted: unknown): Shape {
  return { is: (value) => value === wanted, words: JSON.stringify(wanted) }
}

function texts(max: number): Shape {
  return {
    is: (value) =>
      Array.isArray(value) &&
      value.length <= max &&
      value.every((element) => typeof element === 'string'),
    words: `an array of at most ${max} texts`,
  }
}

const proofShape: Shape = {
  fields: {
    v: exactly(1),
    network: {
      is: (value) => typeof value === 'string' && /^[a-z0-9-]{1,32}$/.test(value),
      words: 'a network name: 1 to 32 of a-z, 0-9 and -',
    },
    gateway: { fields: { id: text, key: text } },
    kind: exactly('reading'),
    message: text,
    device: {
      fields: { id: text, key: text, rotations: texts(proofRotationsMax), first: text },
      optional: ['first'],
    },
    log: {
      fields: { index: count, size: count, path: texts(proofPathMax), checkpoint: text },
    },
  },
}

/** Reads a proof file's text; `malformed` with words for people where it does not have the form. */
export function parseProofFile(json: string): Result<ProofFile> {
  if (json.length > proofFileBytesMax) return refuse('malformed', 'the file is too long')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return refuse('malformed', 'the file is not JSON')
  }
  if (membersWritten(json) !== membersOf(value))
    return refuse('malformed', 'the file has a field twice')
  const wrong = mismatch(value, proofShape, '')
  return wrong === undefined ? accept(value as ProofFile) : refuse('malformed', wrong)
}

/** What is wrong with a value, `undefined` where it has the shape. */
function mismatch(value: unknown, shape: Shape, path: string): string | undefined {
  if ('is' in shape) return shape.is(value) ? undefined : `${path} is not ${shape.words}`
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${path === '' ? 'the file' : path} is not an object`
  const { fields, optional = [] } = shape
  for (const name of Object.keys(value))
    if (!Object.hasOwn(fields, name)) return `unknown field ${JSON.stringify(join(path, name))}`
  for (const [name, inner] of Object.entries(fields)) {
    if (Object.hasOwn(value, name)) {
      const wrong = mismatch((value as Record<string, unknown>)[name], inner, join(path, name))
      if (wrong !== undefined) return wrong
    } else if (!optional.includes(name)) return `${join(path, name)} is missing`
  }
  return undefined
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** Members of all objects as the text has them: colons that are in no string. */
function membersWritten(json: string): number {
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1
}

/** Members of all objects as they were read, where of two of one name the last one stands. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  const own = Array.isArray(value) ? 0 : inner.length
  return inner.reduce<number>((sum, element) => sum + membersOf(element), own)
}
