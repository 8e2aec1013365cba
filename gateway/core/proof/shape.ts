/** Strict forms of JSON: no field too many, none missing, none twice; faults in words for people. */

/** What a field must be. */
export type Shape =
  | { is: (value: unknown) => boolean; words: string }
  | { fields: Record<string, Shape>; optional?: readonly string[] }

export const text: Shape = { is: (value) => typeof value === 'string', words: 'text' }
export const count: Shape = {
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: 'an integer from 0 below 2^53',
}

export function exactly(wanted: unknown): Shape {
  return { is: (value) => value === wanted, words: JSON.stringify(wanted) }
}

export function texts(max: number): Shape {
  return {
    is: (value) =>
      Array.isArray(value) &&
      value.length <= max &&
      value.every((element) => typeof element === 'string'),
    words: `an array of at most ${max} texts`,
  }
}

/** What is wrong with a value, `undefined` where it has the shape. `path`: its name, empty for the file. */
export function mismatch(value: unknown, shape: Shape, path: string): string | undefined {
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

/** Whether an object in the text names a field twice; `value`: what the text was read as. */
export function hasFieldTwice(json: string, value: unknown): boolean {
  return membersWritten(json) !== membersOf(value)
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
