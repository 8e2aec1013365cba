/**
 * The epoch record `ep` (PROTOCOL 6.3): what one epoch came to, signed by the gateway, chained to
 * the record before, an entry of the log itself; and its JSON form, which is what gets published.
 */
import { equal, fromB64u, toB64u, toHex } from '../bytes.js'
import type { CborMap, CborValue } from '../cbor/codec.js'
import { kidOf } from '../device/key.js'
import {
  bytesClaim,
  integerClaim,
  isSignedBy,
  type KeyHolder,
  type OpenedClaims,
  openClaims,
  sealClaims,
  type VerifySignature,
} from '../device/message.js'
import { assert } from '../failure.js'
import { canonicalJson, toJson } from '../json.js'
import { messageBytesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parseAmount } from './amount.js'
import { hashBytes, leafHash } from './tree.js'

/** Base units; poolIn + carryIn + usageIn = paid + unallocated + carryOut. */
export interface EpochMoney {
  readonly poolIn: bigint
  readonly carryIn: bigint
  readonly usageIn: bigint
  readonly unallocated: bigint
  readonly carryOut: bigint
}

export interface EpochFields {
  readonly network: string
  /** Number, from 1. */
  readonly n: number
  /** Unix seconds, half-open. */
  readonly from: number
  readonly to: number
  /** Entries of the log that the epoch owns, half-open; the record itself is entry `endIndex`. */
  readonly firstIndex: number
  readonly endIndex: number
  /** Roots, 32 bytes each; how many leaves the first two have. */
  readonly contribRoot: Uint8Array
  readonly contribCount: number
  readonly aggRoot: Uint8Array
  readonly aggCount: number
  /** Of the owners' tree; zeros where it has no leaf. */
  readonly rewardRoot: Uint8Array
  /** Sum of what the rows pay. */
  readonly paid: bigint
  /** Leaf hash of the record before, 32 bytes; zeros for the first. */
  readonly previous: Uint8Array
  /** Hash of the ruleset, 32 bytes. */
  readonly ruleset: Uint8Array
  readonly money: EpochMoney
}

export interface EpochRecord extends EpochFields {
  readonly opened: OpenedClaims
}

/** As published; roots in hex, `rewardRoot` with 0x, `record` the COSE bytes in b64u. */
export type EpochJson = {
  readonly v: 1
  readonly n: number
  readonly from: number
  readonly to: number
  readonly firstIndex: number
  readonly endIndex: number
  readonly contribRoot: string
  readonly contribCount: number
  readonly aggRoot: string
  readonly aggCount: number
  readonly rewardRoot: string
  readonly paid: string
  /** poolIn, carryIn, usageIn, unallocated, carryOut. */
  readonly money: readonly string[]
  readonly record: string
}

const claims = {
  network: 1,
  n: 2,
  from: 3,
  to: 4,
  firstIndex: 5,
  endIndex: 6,
  contribRoot: 7,
  contribCount: 8,
  aggRoot: 9,
  aggCount: 10,
  rewardRoot: 11,
  paid: 12,
  previous: 13,
  ruleset: 14,
  money: 15,
} as const

const integers = ['n', 'from', 'to', 'firstIndex', 'endIndex', 'contribCount', 'aggCount'] as const
const hashes = ['contribRoot', 'aggRoot', 'rewardRoot', 'previous', 'ruleset'] as const

/** Claim 13 of the first record. */
export function noPreviousRecord(): Uint8Array {
  return new Uint8Array(hashBytes)
}

/** The COSE bytes of a record. Fields that no epoch can have are a bug. */
export function encodeEpoch(fields: EpochFields, gateway: KeyHolder): Uint8Array {
  const fault = faultOf(fields)
  assert(fault === undefined, `epoch record: ${fault}`)
  const map: CborMap = new Map<CborValue, CborValue>([
    [claims.network, fields.network],
    [claims.paid, String(fields.paid)],
    [claims.money, moneyTexts(fields.money)],
  ])
  for (const name of integers) map.set(claims[name], fields[name])
  for (const name of hashes) map.set(claims[name], fields[name])
  return sealClaims('ep', map, gateway, fields.network)
}

/** Form and inner consistency; the signature is not tried. `malformed` otherwise. */
export function parseEpoch(bytes: Uint8Array): Result<EpochRecord> {
  const opened = openClaims(bytes, Object.values(claims), [])
  if (!opened.ok) return opened
  const map = opened.value.claims
  const network = map.get(claims.network)
  if (typeof network !== 'string' || !/^[a-z0-9-]{1,32}$/.test(network))
    return refuse('malformed', 'claim 1 is not a network')
  const counts = readAll(integers, (name) =>
    integerClaim(map, claims[name], 0, Number.MAX_SAFE_INTEGER),
  )
  if (!counts.ok) return counts
  const roots = readAll(hashes, (name) => bytesClaim(map, claims[name], hashBytes, hashBytes))
  if (!roots.ok) return roots
  const paid = parseAmount(map.get(claims.paid))
  if (paid === undefined) return refuse('malformed', 'claim 12 is not an amount')
  const money = readMoney(map.get(claims.money))
  if (money === undefined) return refuse('malformed', 'claim 15 is not five amounts')
  const record = { opened: opened.value, network, ...counts.value, ...roots.value, paid, money }
  const fault = faultOf(record)
  return fault === undefined ? accept(record) : refuse('malformed', fault)
}

/** The claims of these names, each read; the first that does not have its form is named. */
function readAll<Name extends keyof typeof claims, T>(
  names: readonly Name[],
  read: (name: Name) => T | undefined,
): Result<Record<Name, T>> {
  const values: Partial<Record<Name, T>> = {}
  for (const name of names) {
    const value = read(name)
    if (value === undefined) return refuse('malformed', `claim ${claims[name]} is not ${name}`)
    values[name] = value
  }
  return accept(values as Record<Name, T>)
}

function readMoney(value: CborValue | undefined): EpochMoney | undefined {
  if (!Array.isArray(value) || value.length !== 5) return undefined
  const [poolIn, carryIn, usageIn, unallocated, carryOut] = value.map(parseAmount)
  if (poolIn === undefined || carryIn === undefined || usageIn === undefined) return undefined
  if (unallocated === undefined || carryOut === undefined) return undefined
  return { poolIn, carryIn, usageIn, unallocated, carryOut }
}

function moneyTexts(money: EpochMoney): string[] {
  const { poolIn, carryIn, usageIn, unallocated, carryOut } = money
  return [poolIn, carryIn, usageIn, unallocated, carryOut].map(String)
}

/** What in a record contradicts itself; `undefined` where nothing does (PROTOCOL 6.3, 6.4). */
function faultOf(fields: EpochFields): string | undefined {
  const { n, from, to, firstIndex, endIndex, previous, paid, money } = fields
  if (n < 1) return 'epochs are numbered from 1'
  if (from >= to) return 'the epoch does not end after it begins'
  if (firstIndex > endIndex) return 'endIndex is below firstIndex'
  if (n === 1 && firstIndex !== 0) return 'the first epoch does not begin with the log'
  if (equal(previous, noPreviousRecord()) !== (n === 1))
    return 'the first record alone has none before it'
  const given = money.poolIn + money.carryIn + money.usageIn
  if (given !== paid + money.unallocated + money.carryOut)
    return 'poolIn + carryIn + usageIn is not paid + unallocated + carryOut'
  return undefined
}

/** The gateway's signature on a record, for the network that it names. */
export function verifyEpoch(
  record: EpochRecord,
  gatewayKey: Uint8Array,
  verify: VerifySignature,
): Result<undefined> {
  if (!equal(record.opened.header.kid, kidOf(gatewayKey)))
    return refuse('bad-signature', 'the record names another key than the gateway')
  return isSignedBy(record.opened, 'ep', record.network, gatewayKey, verify)
    ? accept(undefined)
    : refuse('bad-signature', 'the gateway did not sign this record')
}

/**
 * Why `next` cannot be the record after `record` in one log; `undefined` where it can. `bytes`: those
 * of `record`. The record itself is the first entry that the next epoch owns.
 */
export function breakBetween(
  record: EpochRecord,
  bytes: Uint8Array,
  next: EpochRecord,
): string | undefined {
  if (next.network !== record.network) return 'network is another one'
  if (next.n !== record.n + 1) return `n is ${next.n} after ${record.n}`
  if (next.from !== record.to) return 'from is not where the epoch before ended'
  if (next.firstIndex !== record.endIndex) return 'firstIndex is not the endIndex before'
  if (next.endIndex <= record.endIndex) return 'the record before is not among its entries'
  if (!equal(next.previous, leafHash(bytes))) return 'it names another record as the one before'
  if (next.money.carryIn !== record.money.carryOut) return 'carryIn is not the carryOut before'
  return undefined
}

/** The published form of a record and its COSE bytes. */
export function epochJson(record: EpochFields, bytes: Uint8Array): EpochJson {
  const { n, from, to, firstIndex, endIndex, contribCount, aggCount } = record
  return {
    v: 1,
    n,
    from,
    to,
    firstIndex,
    endIndex,
    contribRoot: toHex(record.contribRoot),
    contribCount,
    aggRoot: toHex(record.aggRoot),
    aggCount,
    rewardRoot: `0x${toHex(record.rewardRoot)}`,
    paid: String(record.paid),
    money: moneyTexts(record.money),
    record: toB64u(bytes),
  }
}

/**
 * Reads the published form; `malformed` unless each field says what the signed record in it says,
 * and there is no other. Spaces and the order of fields do not matter. The signature is not tried.
 */
export function parseEpochJson(value: unknown): Result<{ record: EpochRecord; bytes: Uint8Array }> {
  if (typeof value !== 'object' || value === null || !('record' in value))
    return refuse('malformed', 'no epoch record')
  const text = value.record
  const bytes =
    typeof text === 'string' && text.length <= 2 * messageBytesMax ? fromB64u(text) : undefined
  if (bytes === undefined) return refuse('malformed', 'record is not b64u')
  const record = parseEpoch(bytes)
  if (!record.ok) return record
  const json = toJson(value)
  if (!json.ok) return json
  return canonicalJson(json.value) === canonicalJson(epochJson(record.value, bytes))
    ? accept({ record: record.value, bytes })
    : refuse('malformed', 'the fields beside the record say something else than it')
}
