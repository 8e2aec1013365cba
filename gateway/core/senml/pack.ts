/**
 * The SenML-CBOR pack of a reading (RFC 8428 section 6, narrowed by PROTOCOL 2.1): records of one
 * metric each, in the units of the metric table, as exact decimals at whole seconds.
 */
import { type CborMap, type CborValue, decode, encode, Tagged } from '../cbor/codec.js'
import { assert } from '../failure.js'
import { offsetSecMax, recordsMax } from '../limits.js'
import { type Metric, metricByName, metricByWire } from '../metric.js'
import { accept, type Result } from '../verdict.js'
import { type Decimal, decimal, isCanonical, isWithin } from './decimal.js'

/** One measured value. */
export interface Value {
  /** Metric name, not the wire name. */
  metric: string
  /** Unix seconds, bt + t. Not judged here: it may lie in any year. */
  time: number
  value: Decimal
}

/** Labels of RFC 8428 table 4 that a reading may use. */
const baseVersion = -1
const baseName = -2
const baseTime = -3
const baseUnit = -4
const name = 0
const unit = 1
const value = 2
const time = 6
/** Version that allows the secondary units of RFC 8798. */
const secondaryUnits = 26
const decimalFraction = 4

/** What the records so far say about those that follow (RFC 8428 section 4.6). */
interface Base {
  name: string
  unit: string | undefined
  time: number
}

/**
 * Values of an encoded pack, in its order. `malformed` where the bytes are not deterministic CBOR,
 * `out-of-profile` where they are anything but such a pack.
 */
export function parsePack(payload: Uint8Array): Result<Value[]> {
  const pack = decode(payload)
  if (!pack.ok) return pack
  const records = pack.value
  if (!Array.isArray(records)) return outOfProfile('the payload is not an array')
  if (records.length === 0 || records.length > recordsMax)
    return outOfProfile(`the pack does not have 1 to ${recordsMax} records`)
  const first = firstRecord(records[0]!)
  if (!first.ok) return first
  const base: Base = { name: '', unit: undefined, time: first.value.time }
  const values: Value[] = []
  const seen = records.length > 1 ? new Set<string>() : undefined
  let secondary = false
  for (const [index, record] of records.entries()) {
    const parsed = parseRecord(record, base, index === 0)
    if (!parsed.ok) return parsed
    const { metric, offset, decimal } = parsed.value
    if (seen !== undefined) {
      const key = `${metric.wire} ${offset}`
      if (seen.has(key)) return outOfProfile('two records have the same name and time')
      seen.add(key)
    }
    secondary ||= metric.secondary
    values.push({ metric: metric.name, time: base.time + offset, value: decimal })
  }
  if (secondary !== first.value.secondary)
    return outOfProfile('bver 26 stands exactly where a unit is a secondary one')
  return accept(values)
}

/** Base time and version, which only the first record carries. */
function firstRecord(record: CborValue): Result<{ time: number; secondary: boolean }> {
  if (!(record instanceof Map)) return outOfProfile('a record is not a map')
  const bt = record.get(baseTime)
  const bver = record.get(baseVersion)
  if (typeof bt !== 'number') return outOfProfile('the first record has no integer base time')
  if (bver !== undefined && bver !== secondaryUnits)
    return outOfProfile('the base version is not 26')
  return accept({ time: bt, secondary: bver !== undefined })
}

/** One record. Sets the base name and unit of those that follow where it carries them. */
function parseRecord(
  record: CborValue,
  base: Base,
  isFirst: boolean,
): Result<{ metric: Metric; offset: number; decimal: Decimal }> {
  if (!(record instanceof Map)) return outOfProfile('a record is not a map')
  for (const key of record.keys())
    if (!isAllowedKey(key, isFirst)) return outOfProfile('a record has a key that it may not have')
  const bn = record.get(baseName) ?? base.name
  const bu = record.get(baseUnit) ?? base.unit
  const n = record.get(name) ?? ''
  if (typeof bn !== 'string' || typeof n !== 'string') return outOfProfile('a name is not text')
  if (bu !== undefined && typeof bu !== 'string') return outOfProfile('a base unit is not text')
  base.name = bn
  base.unit = bu
  const metric = metricByWire(bn + n)
  if (metric === undefined) return outOfProfile('a name is not a metric')
  if ((record.get(unit) ?? bu) !== metric.unit) return outOfProfile(`${metric.name}: unit`)
  const offset = record.get(time) ?? 0
  if (typeof offset !== 'number' || Math.abs(offset) > offsetSecMax)
    return outOfProfile('a time is not an integer within 7 days of the base time')
  const decimal = decimalOfValue(record.get(value))
  if (decimal === undefined)
    return outOfProfile('a value is neither an integer nor a shortest decimal fraction')
  if (!isWithin(decimal, metric.min, metric.max)) return outOfProfile(`${metric.name}: range`)
  return accept({ metric, offset, decimal })
}

/** Base time and version stand in the first record only; every other label may come again. */
function isAllowedKey(key: CborValue, isFirst: boolean): boolean {
  switch (key) {
    case name:
    case unit:
    case value:
    case time:
    case baseName:
    case baseUnit:
      return true
    case baseVersion:
    case baseTime:
      return isFirst
    default:
      return false
  }
}

/** An integer, or tag 4 `[e, m]` in its one form (RFC 8949 section 3.4.4). */
function decimalOfValue(item: CborValue | undefined): Decimal | undefined {
  if (typeof item === 'number') return { m: item, e: 0 }
  if (!(item instanceof Tagged) || item.tag !== decimalFraction) return undefined
  const fraction = item.value
  if (!Array.isArray(fraction) || fraction.length !== 2) return undefined
  const [e, m] = fraction
  if (typeof e !== 'number' || typeof m !== 'number' || e >= 0) return undefined
  return isCanonical({ m, e }) ? { m, e } : undefined
}

function outOfProfile(detail: string): { ok: false; reason: 'out-of-profile'; detail: string } {
  return { ok: false, reason: 'out-of-profile', detail }
}

/**
 * Encodes 1 to 64 values of known metrics; the first one's time is the base time. The values are
 * written as they are, also out of range: a device reports what it measures.
 */
export function encodePack(values: readonly Value[]): Uint8Array {
  const first = values[0]
  assert(first !== undefined && values.length <= recordsMax, 'a pack has 1 to 64 values')
  const rows = values.map((entry) => ({ entry, metric: knownMetric(entry.metric) }))
  const records = rows.map(({ entry, metric }) => {
    const record: CborMap = new Map<CborValue, CborValue>([
      [name, metric.wire],
      [unit, metric.unit],
      [value, encodedDecimal(entry.value)],
    ])
    if (entry.time !== first.time) record.set(time, entry.time - first.time)
    return record
  })
  records[0]!.set(baseTime, first.time)
  if (rows.some(({ metric }) => metric.secondary)) records[0]!.set(baseVersion, secondaryUnits)
  return encode(records)
}

function knownMetric(metricName: string): Metric {
  const metric = metricByName(metricName)
  assert(metric !== undefined, `${metricName} is a metric`)
  return metric
}

function encodedDecimal(given: Decimal): CborValue {
  const { m, e } = decimal(given.m, given.e)
  return e === 0 ? m : new Tagged(decimalFraction, [e, m])
}
