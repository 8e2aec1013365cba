/**
 * JSON in its one form (JCS, RFC 8785), for what is hashed or compared. Narrower than the RFC where
 * programs differ most: the only numbers are integers below 2^53; money is decimal text. Where a
 * format has measured values, its page names the decimals that a number may have (at most 4), and
 * its reader and writer pass them here: such a number is the double nearest to that decimal.
 */
import { assert } from './failure.js'
import { jsonDecimalsMax, jsonDepthMax } from './limits.js'
import { accept, type Result, refuse } from './verdict.js'

/** What canonical JSON may hold; numbers are safe integers, or decimals where a format has them. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json }

const utf8Decoder = new TextDecoder('utf-8', { fatal: true })

/** The value of JSON in UTF-8, in whatever form; `undefined` where the bytes are none. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decoder.decode(bytes))
  } catch {
    return undefined
  }
}

/**
 * The canonical text. A value that it cannot hold (more than `decimals` decimals, half a character)
 * is a bug.
 */
export function canonicalJson(value: Json, decimals = 0): string {
  const fault = faultOf(value, decimals, 0)
  assert(fault === undefined, `canonical JSON: ${fault}`)
  return render(value)
}

/** The value of a text that is in canonical form, byte for byte; otherwise `malformed`. */
export function parseCanonicalJson(text: string, decimals = 0): Result<Json> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'the text is not JSON')
  }
  const json = toJson(value, decimals)
  // A name that stands twice, spaces, another order or another escape: all of them differ here.
  return json.ok && render(json.value) !== text
    ? refuse('malformed', 'the JSON is not in canonical form')
    : json
}

/** A value of unknown origin where it has a canonical form, otherwise `malformed`. */
export function toJson(value: unknown, decimals = 0): Result<Json> {
  const fault = faultOf(value, decimals, 0)
  return fault === undefined ? accept(value as Json) : refuse('malformed', fault)
}

/**
 * Whether a double is the nearest one to a decimal of at most `decimals` (0 to 4) places. Both sides
 * of the comparison are exact: toFixed writes the value of the double, correctly rounded. A decimal
 * of at most 15 digits has a double of its own, and ECMAScript, thus RFC 8785, writes it with those
 * digits and without an exponent.
 */
export function isDecimal(value: number, decimals: number): boolean {
  assert(decimals >= 0 && decimals <= jsonDecimalsMax, 'at most four decimals')
  if (decimals === 0) return Number.isSafeInteger(value)
  const isInRange = Math.abs(value) < 10 ** (15 - decimals)
  return isInRange && Number(value.toFixed(decimals)) === value
}

/** RFC 8785 section 3.2: members in the order of their UTF-16 code units, texts as ECMAScript does. */
function render(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(render).join(',')}]`
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${render(value[name]!)}`).join(',')}}`
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}

/** Why a value has no canonical form here; `undefined` where it has one. */
function faultOf(value: unknown, decimals: number, depth: number): string | undefined {
  if (depth > jsonDepthMax) return `deeper than ${jsonDepthMax}`
  if (value === null || typeof value === 'boolean') return undefined
  if (typeof value === 'number')
    return isDecimal(value, decimals) ? undefined : numberFault(decimals)
  if (typeof value === 'string') return isWellFormed(value) ? undefined : 'half a surrogate pair'
  if (typeof value !== 'object') return 'a value that JSON does not have'
  const inner = Array.isArray(value) ? value : Object.values(value)
  if (!Array.isArray(value) && !Object.keys(value).every(isWellFormed))
    return 'half a surrogate pair in a name'
  for (const element of inner) {
    const fault = faultOf(element, decimals, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function numberFault(decimals: number): string {
  return decimals === 0
    ? 'a number that is no integer below 2^53'
    : `a number of more than ${decimals} decimals, or too large for them`
}

/** RFC 8785 section 3.2.2.2: lone surrogates have no UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
