/** What the members of a request are, in the smallest pieces. */

export type Members = { readonly [name: string]: unknown }

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A whole number from 0 below 2^53. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** The first member that is none of these names, quoted; `undefined` where all are. */
export function unknownMember(value: Members, names: readonly string[]): string | undefined {
  const name = Object.keys(value).find((one) => !names.includes(one))
  return name === undefined ? undefined : JSON.stringify(name.slice(0, 32))
}
