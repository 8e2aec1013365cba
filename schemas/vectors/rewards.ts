/**
 * Vectors of settlement: payout trees, an epoch worked from its readings to the record, and the two
 * records that follow. Trees are computed by the plain definitions below, not by the code that they
 * test; the epoch is computed by core, and a second settlement in the tests must give the same bytes.
 */
import { compare, concat, fromHex, toHex, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, keccak256, sha256 } from '../../gateway/core/crypto.js'
import { parseAddress } from '../../gateway/core/device/address.js'
import { deviceIdOfKid } from '../../gateway/core/device/key.js'
import { canonicalJson } from '../../gateway/core/json.js'
import {
  type EpochFields,
  encodeEpoch,
  epochJson,
  noPreviousRecord,
} from '../../gateway/core/log/epoch.js'
import { emptyRoot, leafHash } from '../../gateway/core/log/tree.js'
import { addPayouts, rewardsFile } from '../../gateway/core/rewards/ledger.js'
import { buildPayoutTree } from '../../gateway/core/rewards/payoutTree.js'
import { ruleset, rulesetHash } from '../../gateway/core/rewards/ruleset.js'
import { type Settlement, settle } from '../../gateway/core/rewards/settlement.js'
import { contribRoot, formatRow } from '../../gateway/core/rewards/statement.js'
import { DeviceTally } from '../../gateway/core/rewards/tally.js'
import { usageOf } from '../../gateway/core/rewards/usage.js'

const token = `0x${'aa'.repeat(20)}`
const seed = new Uint8Array(32).fill(7)
const gateway = {
  publicKey: ed25519PublicKey(seed),
  sign: (message: Uint8Array): Uint8Array => ed25519Sign(message, seed),
}

/** `[account, token, cumulative]`. */
type PlainPayout = readonly [string, string, bigint]

/** Words of 32 bytes, hashed twice. */
function plainLeaf([account, of, cumulative]: PlainPayout): Uint8Array {
  const word = (hex: string): string => hex.padStart(64, '0')
  const encoded = word(account.slice(2)) + word(of.slice(2)) + word(cumulative.toString(16))
  return keccak256(keccak256(fromHex(encoded)!))
}

/** Node i of OpenZeppelin's heap: 2i + 1 and 2i + 2 below it, sorted leaves from the end. */
function plainNode(i: number, leaves: readonly Uint8Array[]): Uint8Array {
  const inner = leaves.length - 1
  if (i >= inner) return leaves[2 * leaves.length - 2 - i]!
  const pair = [plainNode(2 * i + 1, leaves), plainNode(2 * i + 2, leaves)].sort(compare)
  return keccak256(concat(...pair))
}

function plainTree(payouts: readonly PlainPayout[]): object {
  const leaves = payouts.map(plainLeaf)
  const sorted = leaves.toSorted(compare)
  return {
    leaves: payouts.map(([account, of, cumulative], i) => {
      const proof: string[] = []
      const rank = sorted.findIndex((leaf) => compare(leaf, leaves[i]!) === 0)
      for (let node = 2 * sorted.length - 2 - rank; node > 0; node = Math.floor((node - 1) / 2))
        proof.push(toHex(plainNode(node % 2 === 0 ? node - 1 : node + 1, sorted)))
      return { account, token: of, cumulative: String(cumulative), leaf: toHex(leaves[i]!), proof }
    }),
    root: sorted.length === 0 ? '00'.repeat(32) : toHex(plainNode(0, sorted)),
  }
}

function plainTrees(): object[] {
  const account = (i: number): string => `0x${toHex(sha256(utf8(`account ${i}`)).subarray(0, 20))}`
  const row = (i: number): PlainPayout => [account(i), token, BigInt(i + 1) ** 20n]
  const golden: PlainPayout[] = [
    [`0x${'11'.repeat(20)}`, token, 5n * 10n ** 18n],
    [`0x${'22'.repeat(20)}`, token, 25n * 10n ** 17n],
    [`0x${'33'.repeat(20)}`, token, 1n],
  ]
  const edges: PlainPayout[] = [
    [`0x${'00'.repeat(20)}`, `0x${'00'.repeat(20)}`, 1n],
    [`0x${'ff'.repeat(20)}`, `0x${'ff'.repeat(20)}`, (1n << 256n) - 1n],
    [`0x${'00'.repeat(20)}`, `0x${'ff'.repeat(20)}`, 1n << 255n],
  ]
  const sizes = [1, 2, 4, 5, 8, 13].map((size) => Array.from({ length: size }, (_, i) => row(i)))
  return [[], golden, edges, ...sizes].map(plainTree)
}

interface PlainReading {
  seq: number
  atMs: number
  values: { metric: string; time: number; m: number; e: number }[]
}

interface PlainDevice {
  device: string
  owner: string
  cell: string
  placement: 'outdoor' | 'indoor'
  intervalSec: number
  simulated: boolean
  refusals: Record<string, number>
  history: PlainReading[]
  readings: PlainReading[]
}

const from = 1_762_000_000
const to = from + 1_200

function deviceName(i: number): string {
  return deviceIdOfKid(sha256(utf8(`device ${i}`)).subarray(0, 8))
}

/** One reading a minute of these metrics, [name, m, e] as they stand at minute i. */
function minutes(
  valuesAt: (i: number) => readonly (readonly [string, number, number])[],
  count = 20,
): PlainReading[] {
  return Array.from({ length: count }, (_, i) => ({
    seq: 1_000 + i,
    atMs: (from + 60 * i) * 1_000 + 250,
    values: valuesAt(i).map(([metric, m, e]) => ({ metric, time: from + 60 * i, m, e })),
  }))
}

/** Six owners in one cell, each with its own story, and one elsewhere. */
function plainDevices(): PlainDevice[] {
  const calm = minutes((i) => [['temperature', 211 + (i % 3), -1]])
  const spiky = minutes((i) => [['temperature', i === 7 ? 281 : 211 + (i % 3), -1]])
  const stuck = minutes(() => [['humidity', 637, -1]])
  const far = minutes((i) => [['temperature', 311 + (i % 3), -1]])
  const gaps = calm.filter((_, i) => i % 4 !== 0)
  const late = calm.map((reading, i) => (i < 16 ? reading : { ...reading, atMs: to * 1_000 + 1e6 }))
  const indoor = minutes((i) => [
    ['temperature', 190 + 60 * (i % 2), -1],
    ['co2', 650 + i, 0],
  ])
  const stories = [calm, spiky, stuck, far, gaps, late, calm, indoor]
  return stories.map((readings, i) => ({
    device: deviceName(i),
    owner: parseAddress(`0x${String(Math.min(i, 6) + 1).repeat(40)}`)!,
    cell: i === 7 ? '87195da4affffff' : '871fb4662ffffff',
    placement: i === 7 ? 'indoor' : 'outdoor',
    intervalSec: 60,
    simulated: i === 6,
    refusals: i === 1 ? { replayed: 2, 'bad-time': 1 } : {},
    history: i === 0 ? [{ ...calm[0]!, seq: 999, atMs: (from - 30) * 1_000 }] : [],
    readings,
  }))
}

/** A leaf stands for a message that this file does not hold. */
function plainLeafOf(device: string, seq: number): Uint8Array {
  return sha256(utf8(`${device} ${seq}`))
}

function settlePlain(devices: readonly PlainDevice[], sales: readonly PlainSale[]): Settlement {
  const epochs = devices.map(({ refusals, history, readings, ...terms }) => {
    const tally = new DeviceTally(terms.intervalSec, { from, to })
    const tallied = ({ seq, atMs, values }: PlainReading) => ({
      seq,
      atMs,
      leaf: plainLeafOf(terms.device, seq),
      values: values.map(({ metric, time, m, e }) => ({ metric, time, value: { m, e } })),
    })
    for (const reading of readings) tally.add(tallied(reading))
    for (const reading of history) tally.addHistory(tallied(reading))
    for (const [reason, count] of Object.entries(refusals))
      tally.addRefusal(reason as 'replayed' | 'bad-time', count)
    return tally.finish(terms)
  })
  return settle({
    n: 1,
    span: { from, to },
    devices: epochs,
    usage: usageOf(sales, { perCredit, feeBp: 0 }),
    perHour,
    carryIn: 0n,
    paysSimulated: false,
  })
}

interface PlainSale {
  credits: number
  owners: string[][]
}

const perHour = 10n ** 18n + 7n
const perCredit = 10n ** 15n

function firstEpoch(): { vector: object; bytes: Uint8Array; fields: EpochFields } {
  const devices = plainDevices()
  const sales = [{ credits: 3, owners: [0, 1, 3, 4, 5].map((i) => [deviceName(i)]) }]
  const { rows, money, paid } = settlePlain(devices, sales)
  const ledger = addPayouts([], rows, parseAddress(token)!)
  const fields: EpochFields = {
    network: 'testnet',
    n: 1,
    from,
    to,
    firstIndex: 0,
    endIndex: 300,
    contribRoot: contribRoot(rows),
    contribCount: rows.length,
    aggRoot: emptyRoot(),
    aggCount: 0,
    rewardRoot: buildPayoutTree(ledger).root,
    paid,
    previous: noPreviousRecord(),
    ruleset: rulesetHash(),
    money,
  }
  const bytes = encodeEpoch(fields, gateway)
  const vector = {
    from,
    to,
    perHour: String(perHour),
    perCredit: String(perCredit),
    leafOf: 'SHA-256 of the text "<device> <seq>"',
    devices,
    sales,
    rows: rows.map(formatRow),
    rewards: rewardsFile('testnet/1', {}, ledger),
    json: epochJson(fields, bytes),
    cose: toHex(bytes),
  }
  return { vector, bytes, fields }
}

/** The content of rewards.json: byte strings in hex, money as text. */
export function rewardVectors(): object {
  const first = firstEpoch()
  const next: EpochFields = {
    ...first.fields,
    n: 2,
    from: to,
    to: to + 1_200,
    firstIndex: 300,
    endIndex: 301,
    previous: leafHash(first.bytes),
    contribRoot: emptyRoot(),
    contribCount: 0,
    paid: 0n,
    money: {
      poolIn: 0n,
      carryIn: first.fields.money.carryOut,
      usageIn: 0n,
      unallocated: first.fields.money.carryOut,
      carryOut: 0n,
    },
  }
  const bytes = encodeEpoch(next, gateway)
  return {
    ruleset: { text: canonicalJson(ruleset), hash: toHex(rulesetHash()) },
    trees: plainTrees(),
    gateway: { seed: toHex(seed), key: toHex(gateway.publicKey) },
    epoch: first.vector,
    next: { json: epochJson(next, bytes), cose: toHex(bytes) },
  }
}
