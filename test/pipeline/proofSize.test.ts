import { expect, it } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { formatAddress } from '../../gateway/core/device/address.js'
import { deviceIdOf, deviceIdOfKid } from '../../gateway/core/device/key.js'
import { canonicalJson } from '../../gateway/core/json.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { type EpochFields, encodeEpoch, epochJson } from '../../gateway/core/log/epoch.js'
import { rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { emptyRoot, leafHash, perfectRoot, rootAt, tileWidth } from '../../gateway/core/log/tree.js'
import { packProof } from '../../gateway/core/proof/packed.js'
import { verifyProofFile } from '../../gateway/core/proof/proofLinks.js'
import { rewardsFile } from '../../gateway/core/rewards/ledger.js'
import { rulesetHash } from '../../gateway/core/rewards/ruleset.js'
import {
  type ContributionRow,
  contribRoot,
  formatRow,
} from '../../gateway/core/rewards/statement.js'
import { type ProveParts, prove } from '../../gateway/pipeline/prove.js'
import { holderOf } from '../support/holder.js'
import { readingOf } from '../support/reading.js'

const size = 10_000_000
const network = 'testnet'
/** A day of readings a minute by a thousand devices, where the paths are longest: left of the end. */
const [firstIndex, endIndex, perDevice] = [5_000_000, 6_440_000, 1_440]
const place = 700
const devices = 1_000
/** They take turns, and ours is the 321st. */
const messageIndex = firstIndex + place * devices + 321
const holder = holderOf(5)
const device = deviceIdOf(holder.publicKey)
const gateway = holderOf(6)
const from = 1_762_041_600
const value = { metric: 'temperature', time: from + 60 * place, value: { m: 215, e: -1 } }
const message = readingOf(holder, network, 50_000 + place, [value])

function hashOf(text: string): Uint8Array {
  return sha256(utf8(text))
}

const owners = Array.from({ length: 10_000 }, (_, i) =>
  formatAddress(hashOf(`owner ${i}`).slice(12)),
)
const token = formatAddress(hashOf('token').slice(12))

/** Leaves of the device's readings; all entries of other devices are made up where they are read. */
const readings = Array.from({ length: perDevice }, (_, i) =>
  i === place ? leafHash(message) : hashOf(`reading ${i}`),
)

function rowOf(of: string, owner: string): ContributionRow {
  return {
    accepted: perDevice,
    capped: '0',
    cell: '851fb467fffffff',
    coverage: '23977043187302',
    device: of,
    epoch: 7,
    expected: perDevice,
    firstSeq: 50_000,
    lastSeq: 50_000 + perDevice - 1,
    late: 0,
    m: 3,
    n: 7,
    owner,
    paid: '24577043187302000',
    qualityBp: 9_812,
    readings: toHex(rootOfLeaves(readings)),
    reasons: { 'bad-time': 2, near: 7, replayed: 3, spike: 12 },
    rejected: 5,
    uptimeBp: 10_000,
    usage: '600000000000000',
    weight: 943_181,
  }
}

const rewards = rewardsFile(
  'testnet/7',
  {},
  owners.map((account, i) => ({ account, token, cumulative: 10n ** 20n + BigInt(i) })),
)
/** Of an account whose proof is one of the longer ones. */
const owner = rewards.tree.find(({ proof }) => proof.length === 14)!.account

const rows = Array.from({ length: devices }, (_, i) =>
  i === 0
    ? rowOf(device, owner)
    : rowOf(deviceIdOfKid(hashOf(`device ${i}`).subarray(0, 8)), owners[i]!),
).sort((a, b) => (a.device < b.device ? -1 : 1))

const paid = 10n ** 19n
const fields: EpochFields = {
  network,
  n: 7,
  from,
  to: from + 86_400,
  firstIndex,
  endIndex,
  contribRoot: contribRoot(rows),
  contribCount: rows.length,
  aggRoot: emptyRoot(),
  aggCount: 0,
  rewardRoot: fromHex(rewards.root.slice(2))!,
  paid,
  previous: hashOf('previous'),
  ruleset: rulesetHash(),
  money: {
    poolIn: 24n * 10n ** 18n,
    carryIn: 812n,
    usageIn: 0n,
    unallocated: 14n * 10n ** 18n,
    carryOut: 812n,
  },
}
const record = encodeEpoch(fields, gateway)
const special = new Map([
  [messageIndex, leafHash(message)],
  [endIndex, leafHash(record)],
])

/** Node `i` of a level of tiles: real where one of the two entries is below it, else made up. */
const nodes = new Map<string, Uint8Array>()
function nodeAt(level: number, i: number): Uint8Array {
  const width = tileWidth ** level
  const below = [...special.keys()].some((index) => Math.floor(index / width) === i)
  if (level === 0) return leafAt(i)
  if (!below) return hashOf(`node ${level} ${i}`)
  const name = `${level} ${i}`
  const known = nodes.get(name) ?? perfectRoot(nodesAt(level - 1, i * tileWidth, tileWidth))
  nodes.set(name, known)
  return known
}

function leafAt(index: number): Uint8Array {
  const [turn, whose] = [Math.floor((index - firstIndex) / devices), (index - firstIndex) % devices]
  const own = whose === 321 ? readings[turn] : undefined
  return special.get(index) ?? own ?? hashOf(`entry ${index}`)
}

function nodesAt(level: number, start: number, count: number): Uint8Array {
  return concat(...Array.from({ length: count }, (_, i) => nodeAt(level, start + i)))
}

async function gatewayParts(): Promise<ProveParts> {
  const read = async (level: number, start: number, count: number): Promise<Uint8Array> =>
    nodesAt(level, start, count)
  const origin = originOf(network, deviceIdOf(gateway.publicKey))
  const root = await rootAt(read, size)
  const text = formatCheckpoint({ origin, size, root }, gateway.publicKey, gateway.sign)
  const contributions = rows.map((row) => `${formatRow(row)}\n`).join('')
  const json = epochJson(fields, record)
  const files = { record: json, contributions, aggregates: '', rewards: canonicalJson(rewards) }
  const keys = [
    { kid: holder.kid, key: holder.publicKey, fromSeq: 0, untilSeq: Number.POSITIVE_INFINITY },
  ]
  const list = readings.map((_, i) => ({ seq: 50_000 + i, index: firstIndex + i * devices + 321 }))
  return {
    network,
    gatewayKey: gateway.publicKey,
    registry: { byId: () => ({ keys }) },
    journal: { read: async (index) => ({ index, atMs: 0, kind: 'rd', bytes: message }) },
    sequences: { find: async () => messageIndex, list: async () => list },
    tiles: { size, read },
    settle: { covering: async () => ({ origin, size, root, text, atMs: 0 }) },
    settlements: {
      count: 7,
      read: async () => files,
      record: async () => json,
      owning: async () => json,
    },
  }
}

it('proves a reading in a log of ten million entries within 4 kB packed, 6.5 kB as JSON', async () => {
  const proof = await prove(await gatewayParts(), device, 50_000 + place)
  if (!proof.ok) throw new Error(proof.detail)
  const { log, epoch, contribution, reward } = proof.value
  expect([log.path.length, epoch?.path.length]).toEqual([24, 24])
  expect(contribution?.path.length).toBe(10)
  expect(contribution?.reading?.path.length).toBe(11)
  expect(reward?.proof.length).toBe(14)
  const json = JSON.stringify(proof.value)
  const packed = packProof(proof.value)
  if (!packed.ok) throw new Error(packed.detail)
  expect(verifyProofFile(json).failed).toBeUndefined()
  expect(verifyProofFile(packed.value).failed).toBeUndefined()
  expect(packed.value.length).toBeLessThanOrEqual(4_096)
  expect(json.length).toBeLessThanOrEqual(6_500)
})
