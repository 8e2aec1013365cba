/** One element of a range proof (PROTOCOL 8): the rows of one cell in one epoch, and their place. */
import { fromB64u, toB64u } from '../bytes.js'
import { cellResolution } from '../device/cell.js'
import { messageBytesMax, proofPathMax } from '../limits.js'
import { hashBytes, isCount } from '../log/tree.js'
import { type RowHash, type RowHashJson, readRowHash, rowHashJson } from '../privacy/rowHash.js'
import { accept, type Result, refuse } from '../verdict.js'
import { rangePath } from './rangePath.js'
import type { RowTree } from './rowTree.js'

/** As it stands in an answer. */
export type RangeElementJson = {
  readonly cell: string
  /** Number of the epoch. */
  readonly epoch: number
  /** Rows of the answer that it covers. */
  readonly count: number
  /** Leaf of the first of them, or of the row that follows the gap. */
  readonly first: number
  /** Leaves of the epoch's tree. */
  readonly size: number
  /** Leaf first - 1; null only where first is 0. */
  readonly before: RowHashJson | null
  /** Leaf first + count; null only where that is size. */
  readonly after: RowHashJson | null
  readonly path: readonly string[]
  /** The COSE bytes of the epoch record, b64u. */
  readonly record: string
}

export interface RangeElement {
  readonly cell: string
  readonly epoch: number
  readonly count: number
  readonly first: number
  readonly size: number
  readonly before: RowHash | null
  readonly after: RowHash | null
  readonly path: readonly Uint8Array[]
  readonly record: Uint8Array
}

/** A closed epoch whose rows are proved. */
export interface ProvedEpoch {
  readonly n: number
  readonly tree: RowTree
  /** COSE bytes of its record. */
  readonly record: Uint8Array
}

/** The element that covers the rows [first, end) of an epoch, with the rows beside them. */
export function buildRangeElement(
  { n, tree, record }: ProvedEpoch,
  cell: string,
  first: number,
  end: number,
): RangeElementJson {
  const { rows } = tree
  const before = rows[first - 1]
  const after = rows[end]
  const path = rangePath(tree, Math.max(0, first - 1), Math.min(rows.length, end + 1))
  return {
    cell,
    epoch: n,
    count: end - first,
    first,
    size: rows.length,
    before: before === undefined ? null : rowHashJson(before),
    after: after === undefined ? null : rowHashJson(after),
    path: path.map(toB64u),
    record: toB64u(record),
  }
}

const names = ['after', 'before', 'cell', 'count', 'epoch', 'first', 'path', 'record', 'size']

/** Reads an element: its form and that its numbers fit each other; `malformed` otherwise. */
export function readRangeElement(value: unknown): Result<RangeElement> {
  if (typeof value !== 'object' || value === null) return refuse('malformed', 'not an object')
  if (Object.keys(value).sort().join() !== names.join())
    return refuse('malformed', `members are not ${names.join(', ')}`)
  const { cell, count, epoch, first, size, ...rest } = value as Record<string, unknown>
  if (typeof cell !== 'string' || cellResolution(cell) === undefined)
    return refuse('malformed', 'cell is no cell')
  if (!isNumber(count) || !isNumber(epoch) || !isNumber(first) || !isNumber(size))
    return refuse('malformed', 'count, epoch, first and size are counts')
  const before = readNeighbour(rest.before, first === 0, 'before', 'first is 0')
  if (!before.ok) return before
  const after = readNeighbour(rest.after, first + count === size, 'after', 'the rows reach size')
  if (!after.ok) return after
  if (first + count > size) return refuse('malformed', 'the rows reach beyond size')
  const path = readPath(rest.path)
  if (path === undefined) return refuse('malformed', 'path is not a list of hashes')
  const record =
    typeof rest.record === 'string' && rest.record.length <= 2 * messageBytesMax
      ? fromB64u(rest.record)
      : undefined
  if (record === undefined) return refuse('malformed', 'record is not b64u')
  const neighbours = { before: before.value, after: after.value }
  return accept({ cell, count, epoch, first, size, ...neighbours, path, record })
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && isCount(value)
}

/** A neighbour is null exactly where the tree ends. */
function readNeighbour(
  value: unknown,
  isEnd: boolean,
  name: string,
  when: string,
): Result<RowHash | null> {
  if ((value === null) !== isEnd) return refuse('malformed', `${name} is null only where ${when}`)
  if (value === null) return accept(null)
  const row = readRowHash(value)
  return row.ok ? row : refuse('malformed', `${name}: ${row.detail}`)
}

function readPath(value: unknown): Uint8Array[] | undefined {
  // A range has two edges, each with at most one hash a level.
  if (!Array.isArray(value) || value.length > 2 * proofPathMax) return undefined
  const hashes: Uint8Array[] = []
  for (const text of value) {
    const hash =
      typeof text === 'string' && text.length <= 2 * hashBytes ? fromB64u(text) : undefined
    if (hash?.length !== hashBytes) return undefined
    hashes.push(hash)
  }
  return hashes
}
