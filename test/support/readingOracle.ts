/**
 * A second reader of readings, written from schemas/reading.md over the oracle's CBOR trees, with
 * integers of any size. It shares nothing with core but the metric table.
 */
import { metricTable } from '../../gateway/core/metrics.gen.js'
import { oracleDecode, refused, type Tree } from './cborOracle.js'

/** What a reading says, or why it is refused before its signature and time are looked at. */
export type OracleReading =
  | { reason: 'malformed' | 'out-of-profile' }
  | {
      reason: undefined
      alg: bigint
      kid: string
      seq: bigint
      /** `metric time m e`, one per record. */
      values: string[]
    }

/** Made once, like `refused`: stack traces are slow. */
const outOfProfile = new Error('out of profile')

function profile(condition: boolean): void {
  if (!condition) throw outOfProfile
}

function form(condition: boolean): void {
  if (!condition) throw refused
}

/** Reads a message as schemas/reading.md says. */
export function oracleReading(message: Uint8Array): OracleReading {
  try {
    form(message.length <= 2048)
    const [protectedBytes, payload] = openMessage(oracleDecode(message))
    const header = readHeader(oracleDecode(protectedBytes))
    const pack = oracleDecode(payload)
    return { reason: undefined, ...header, values: readPack(pack) }
  } catch (error) {
    return { reason: error === outOfProfile ? 'out-of-profile' : 'malformed' }
  }
}

function openMessage(tree: Tree): [Uint8Array, Uint8Array] {
  if (tree.kind !== 'tag' || tree.tag !== 18n || tree.item.kind !== 'array') throw refused
  const [head, unprotected, payload, signature, ...rest] = tree.item.items
  form(rest.length === 0)
  if (head?.kind !== 'bytes' || payload?.kind !== 'bytes' || signature?.kind !== 'bytes')
    throw refused
  form(unprotected?.kind === 'map' && unprotected.pairs.length === 0)
  form(head.value.length > 0 && signature.value.length === 64)
  return [head.value, payload.value]
}

/** The value under an integer key; the keys of a map must all be integers. */
function fieldsOf(tree: Tree | undefined): Map<bigint, Tree> | undefined {
  if (tree?.kind !== 'map') return undefined
  const fields = new Map<bigint, Tree>()
  for (const [key, value] of tree.pairs) {
    if (key.kind !== 'int') return undefined
    fields.set(key.value, value)
  }
  return fields
}

function readHeader(tree: Tree): { alg: bigint; kid: string; seq: bigint } {
  const fields = fieldsOf(tree)
  const [alg, type, kid] = [fields?.get(1n), fields?.get(3n), fields?.get(4n)]
  const claims = fieldsOf(fields?.get(15n))
  const cti = claims?.get(7n)
  form(fields?.size === 4 && claims?.size === 1)
  form(type?.kind === 'int' && type.value === 112n)
  if (alg?.kind !== 'int' || kid?.kind !== 'bytes' || cti?.kind !== 'bytes') throw refused
  form(alg.value === -8n || alg.value === -19n)
  form(kid.value.length === 8)
  form(cti.value.length >= 1 && cti.value.length <= 7)
  form(cti.value.length === 1 || cti.value[0] !== 0)
  const seq = BigInt(`0x${Buffer.from(cti.value).toString('hex')}`)
  form(seq < 2n ** 53n)
  return { alg: alg.value, kid: Buffer.from(kid.value).toString('hex'), seq }
}

function readPack(tree: Tree): string[] {
  if (tree.kind !== 'array') throw outOfProfile
  profile(tree.items.length >= 1 && tree.items.length <= 64)
  const base = { name: '', unit: undefined as string | undefined, time: 0n }
  const named = new Set<string>()
  let secondary = false
  let bver = false
  const values = tree.items.map((item, index) => {
    const fields = fieldsOf(item)
    if (fields === undefined) throw outOfProfile
    for (const key of fields.keys()) profile(key >= -4n && key <= 6n && ![3n, 4n, 5n].includes(key))
    if (index === 0) {
      base.time = integer(fields.get(-3n))
      bver = fields.has(-1n)
      if (bver) profile(integer(fields.get(-1n)) === 26n)
    } else profile(!fields.has(-3n) && !fields.has(-1n))
    if (fields.has(-2n)) base.name = textOf(fields.get(-2n))
    if (fields.has(-4n)) base.unit = textOf(fields.get(-4n))
    const wire = base.name + (fields.has(0n) ? textOf(fields.get(0n)) : '')
    const unit = fields.has(1n) ? textOf(fields.get(1n)) : base.unit
    const offset = fields.has(6n) ? integer(fields.get(6n)) : 0n
    profile(offset >= -604_800n && offset <= 604_800n)
    const row = metricTable.find((metric) => metric.wire === wire)
    if (row === undefined || row.unit !== unit) throw outOfProfile
    secondary ||= ['ug/m3', 'ppm', 'mm'].includes(row.unit)
    profile(!named.has(`${wire} ${offset}`))
    named.add(`${wire} ${offset}`)
    const [m, e] = decimalOf(fields.get(2n))
    // Both sides times 10^9, so that everything is an integer.
    const scaled = m * 10n ** (9n + e)
    const billion = 10n ** 9n
    profile(scaled >= BigInt(row.min) * billion && scaled <= BigInt(row.max) * billion)
    return `${row.name} ${Number(base.time) + Number(offset)} ${m} ${e}`
  })
  profile(bver === secondary)
  return values
}

function integer(tree: Tree | undefined): bigint {
  if (tree?.kind !== 'int') throw outOfProfile
  return tree.value
}

function textOf(tree: Tree | undefined): string {
  if (tree?.kind !== 'text') throw outOfProfile
  return tree.value
}

/** Mantissa and exponent of a value. */
function decimalOf(tree: Tree | undefined): [bigint, bigint] {
  if (tree?.kind === 'int') return [tree.value, 0n]
  if (tree?.kind !== 'tag' || tree.tag !== 4n || tree.item.kind !== 'array') throw outOfProfile
  profile(tree.item.items.length === 2)
  const [e, m] = [integer(tree.item.items[0]), integer(tree.item.items[1])]
  profile(e >= -9n && e <= -1n && m % 10n !== 0n)
  return [m, e]
}
