import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'
import { importsOf } from '../../support/imports.js'
import { projectRoot } from '../../support/root.js'

/**
 * No floating point between clamp and release. Arithmetic of doubles is found by what it needs:
 * division and powers of numbers, Math, literals with a fraction, conversions to Number.
 */
const root = projectRoot()
const room = 'gateway/core/privacy/'
const starts = ['median', 'sum', 'discreteGaussian', 'halfWidth', 'odometer']

/** The files of the room by which a number gets from its clamp to its release, and its cost. */
function reached(): string[] {
  const found = new Set(starts.map((name) => `${room}${name}.ts`))
  for (const file of found)
    for (const { to } of importsOf(root, file)) if (to.startsWith(room)) found.add(to)
  return [...found].sort()
}

const files = reached()

/** What a file may do nevertheless, how often, and why. */
const exceptions: Record<string, readonly string[]> = {
  // Of bigint: the operands are declared so, and the compiler allows no mixture.
  'integer.ts': ['/', '/'],
  // Indices below 256 and counts, never a value.
  'candidates.ts': ['Number', 'Number'],
  'permuteAndFlip.ts': ['Number'],
  // Number.isSafeInteger of a record's time.
  'cost.ts': ['Number'],
  // A released number on its way into its row: asserted to be exact.
  'grid.ts': ['Number', 'Number'],
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** What in a source may round. */
function roundingIn(text: string): string[] {
  const { program, errors } = parseSync('one.ts', text)
  if (errors.length > 0) throw new Error(errors[0]?.message)
  const found: string[] = []
  const visit = (node: Node): void => {
    const name = roundingOf(node)
    if (name !== undefined) found.push(name)
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child)
  }
  visit(program as unknown as Node)
  return found
}

function roundingOf(node: Node): string | undefined {
  const { type, operator, value, name, argument } = node
  if (type === 'BinaryExpression' || type === 'AssignmentExpression') {
    if (operator === '/' || operator === '/=') return '/'
    if (operator === '**' && !isBigInt(node.left)) return '**'
  }
  if (type === 'Literal' && typeof value === 'number' && !Number.isSafeInteger(value))
    return 'float'
  if (type === 'Identifier' && (name === 'Math' || /^Float(16|32|64)Array$/.test(String(name))))
    return String(name)
  if (type === 'Identifier' && /^(Number|parseFloat|Infinity)$/.test(String(name)))
    return String(name)
  if (type === 'UnaryExpression' && operator === '+' && isNode(argument)) return 'unary +'
  return undefined
}

function isBigInt(node: unknown): boolean {
  return isNode(node) && node.type === 'Literal' && typeof node.bigint === 'string'
}

describe('from clamp to release', () => {
  it('has no floating point but for the named exceptions', () => {
    expect(files.length).toBeGreaterThan(12)
    const found = files.flatMap((file) => {
      const rounding = roundingIn(readFileSync(join(root, file), 'utf8'))
      return rounding.length > 0 ? [[file.replace(room, ''), rounding]] : []
    })
    expect(Object.fromEntries(found)).toEqual(exceptions)
  })

  it('would see each kind of it', () => {
    for (const [text, kind] of [
      ['const a = 1 / 3', '/'],
      ['let a = 1; a /= 3', '/'],
      ['const a = 2 ** -1', '**'],
      ['const a = 0.5', 'float'],
      ['const a = 1e300', 'float'],
      ['const a = Math.floor(1)', 'Math'],
      ['const { floor } = Math', 'Math'],
      ['const a = Number(3n)', 'Number'],
      ['const a = [3n].map(Number)', 'Number'],
      ['const a = parseFloat("1")', 'parseFloat'],
      ['const a = +"1"', 'unary +'],
      ['const a = new Float64Array(1)', 'Float64Array'],
    ] as const)
      expect([text, roundingIn(text)]).toEqual([text, [kind]])
    expect(roundingIn('// 1 / 3\nconst a = 10n ** 3n * 2n - BigInt(4)')).toEqual([])
  })
})
