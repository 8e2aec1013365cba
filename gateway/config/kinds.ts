/**
 * What a value of the configuration may be: how it is read, what somebody is told who wrote another,
 * and how a JSON Schema says it. Plain functions, because every start reads the configuration and a
 * schema library takes as long to load as a fifth of the start.
 */
import { parseDuration } from '../core/time.js'

export interface Kind<T> {
  /** For people, after "expected". */
  readonly expected: string
  /** The value in the program's units; `undefined` where it is of another kind. */
  read(value: unknown): T | undefined
  /** JSON Schema of what is written. */
  readonly json: Readonly<Record<string, unknown>>
}

export const yesOrNo: Kind<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
  json: { type: 'boolean' },
}

export function whole(least: number, most: number): Kind<number> {
  const isUnbounded = most === Number.MAX_SAFE_INTEGER
  return {
    expected: isUnbounded
      ? `a whole number from ${least}`
      : `a whole number from ${least} to ${most}`,
    read: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
        ? value
        : undefined,
    json: { type: 'integer', minimum: least, maximum: most },
  }
}

/** A text of 1 to `longest` characters. */
export function text(longest: number): Kind<string> {
  return {
    expected: `a text of 1 to ${longest} characters`,
    read: (value) =>
      typeof value === 'string' && value.length >= 1 && value.length <= longest ? value : undefined,
    json: { type: 'string', minLength: 1, maxLength: longest },
  }
}

/** A text of a form; `expected` describes it. */
export function form(pattern: RegExp, expected: string): Kind<string> {
  return {
    expected,
    read: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined),
    json: { type: 'string', pattern: pattern.source },
  }
}

export function oneOf<const W extends readonly string[]>(...words: W): Kind<W[number]> {
  return {
    expected: words.map((word) => `"${word}"`).join(' or '),
    read: (value) => words.find((word) => word === value),
    json: words.length === 1 ? { const: words[0] } : { enum: words },
  }
}

/** ISO 8601 duration of whole seconds between two bounds; becomes seconds. */
export function duration(least: number, most: number): Kind<number> {
  return {
    expected: `an ISO 8601 duration such as PT1M or P1D, between ${least} and ${most} seconds`,
    read: (value) => {
      const seconds = typeof value === 'string' ? parseDuration(value) : undefined
      return seconds !== undefined && seconds >= least && seconds <= most ? seconds : undefined
    },
    json: { type: 'string', format: 'duration' },
  }
}

/** One of a few ISO 8601 durations; becomes seconds. */
export function durationOf(...durations: readonly string[]): Kind<number> {
  const allowed = durations.map(parseDuration)
  return {
    expected: `${durations.slice(0, -1).join(', ')} or ${durations.at(-1)}`,
    read: (value) => {
      const seconds = typeof value === 'string' ? parseDuration(value) : undefined
      return allowed.includes(seconds) ? seconds : undefined
    },
    json: { type: 'string', format: 'duration' },
  }
}

/** Base units of a token: beyond 2^53, so also as decimal text; becomes a bigint. */
export const amount: Kind<bigint> = {
  expected: 'a whole number of base units',
  read: (value) => {
    const isNumber = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    const isText = typeof value === 'string' && amountText.test(value)
    return isNumber || isText ? BigInt(value) : undefined
  },
  json: {
    anyOf: [
      { type: 'string', pattern: '^(0|[1-9][0-9]{0,77})$' },
      { type: 'integer', minimum: 0 },
    ],
  },
}
const amountText = /^(0|[1-9][0-9]{0,77})$/

/** An address without credentials: it is shown in the status, they have keys of their own. */
export function address(...schemes: readonly string[]): Kind<string> {
  const begins = schemes.map((scheme) => `${scheme}://`).join(' or ')
  return {
    expected: `an address that begins with ${begins}, without user name and password; they have keys of their own`,
    read: (value) => {
      if (typeof value !== 'string' || !URL.canParse(value)) return undefined
      const { protocol, hostname, username, password } = new URL(value)
      const isGood = schemes.includes(protocol.slice(0, -1)) && hostname !== ''
      return isGood && username === '' && password === '' ? value : undefined
    },
    json: { type: 'string' },
  }
}

export function either<A, B>(a: Kind<A>, b: Kind<B>): Kind<A | B> {
  return {
    expected: `${a.expected}, or ${b.expected}`,
    read: (value) => a.read(value) ?? b.read(value),
    json: { anyOf: [a.json, b.json] },
  }
}

/** Values of a kind by name, for any of these names; `expected` describes the whole map. */
export function mapOf<T>(
  names: readonly string[],
  kind: Kind<T>,
  expected: string,
): Kind<Readonly<Record<string, T>>> {
  return {
    expected,
    read: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
      const each = Object.entries(value).map(([name, one]) => [name, kind.read(one)] as const)
      const isGood = each.every(([name, one]) => names.includes(name) && one !== undefined)
      return isGood ? (Object.fromEntries(each) as Record<string, T>) : undefined
    },
    json: {
      type: 'object',
      propertyNames: { enum: names },
      additionalProperties: kind.json,
    },
  }
}

/** Exactly two values of a kind. */
export function pair<T>(kind: Kind<T>): Kind<readonly [T, T]> {
  return {
    expected: `two values, each ${kind.expected}`,
    read: (value) => {
      if (!Array.isArray(value) || value.length !== 2) return undefined
      const [first, second] = [kind.read(value[0]), kind.read(value[1])]
      return first === undefined || second === undefined ? undefined : [first, second]
    },
    json: { type: 'array', items: kind.json, minItems: 2, maxItems: 2 },
  }
}

/** At most `longest` values of a kind; `expected` describes the whole list. */
export function list<T>(kind: Kind<T>, longest: number, expected: string): Kind<T[]> {
  return {
    expected,
    read: (value) => {
      if (!Array.isArray(value) || value.length > longest) return undefined
      const each = value.map((one) => kind.read(one))
      return each.includes(undefined) ? undefined : (each as T[])
    },
    json: { type: 'array', items: kind.json, maxItems: longest },
  }
}
