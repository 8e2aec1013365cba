import { createHash } from 'node:crypto'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { cellToParent } from 'h3-js'
import { expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { ed25519Verify } from '../../../gateway/core/crypto.js'
import {
  breakBetween,
  parseEpoch,
  parseEpochJson,
  verifyEpoch,
} from '../../../gateway/core/log/epoch.js'
import { buildPayoutTree, payoutLeaf } from '../../../gateway/core/rewards/payoutTree.js'
import { rulesetHash } from '../../../gateway/core/rewards/ruleset.js'
import { parseRow } from '../../../gateway/core/rewards/statement.js'
import { hexBytes, vectorText } from '../../support/vectors.js'
import { type AuditReading, type AuditSale, audit } from './auditor.js'

interface VectorReading {
  seq: number
  atMs: number
  values: AuditReading['values']
}

interface Vectors {
  ruleset: { text: string; hash: string }
  trees: {
    leaves: { account: string; token: string; cumulative: string; leaf: string; proof: string[] }[]
    root: string
  }[]
  gateway: { key: string }
  epoch: {
    from: number
    to: number
    perHour: string
    perCredit: string
    devices: {
      device: string
      owner: string
      cell: string
      placement: string
      intervalSec: number
      simulated: boolean
      refusals: Record<string, number>
      history: VectorReading[]
      readings: VectorReading[]
    }[]
    sales: AuditSale[]
    rows: string[]
    rewards: { root: string; tree: { account: string; reward: string; claimable: string }[] }
    json: { contribRoot: string; rewardRoot: string; paid: string; money: string[] }
    cose: string
  }
  next: { json: unknown; cose: string }
}

const vectors: Vectors = JSON.parse(vectorText('rewards'))
const { epoch, next } = vectors
const encoding = ['address', 'address', 'uint256']

it('has the ruleset of the protocol', () => {
  const { text, hash } = vectors.ruleset
  expect(createHash('sha256').update(text).digest('hex')).toBe(hash)
  expect(toHex(rulesetHash())).toBe(hash)
})

it('reproduces every tree, and so does @openzeppelin/merkle-tree', () => {
  expect(vectors.trees.length).toBeGreaterThan(7)
  for (const { leaves, root } of vectors.trees) {
    const payouts = leaves.map((leaf) => ({ ...leaf, cumulative: BigInt(leaf.cumulative) }))
    const tree = buildPayoutTree(payouts)
    expect(toHex(tree.root)).toBe(root)
    for (const [i, { leaf, proof }] of leaves.entries()) {
      expect(toHex(payoutLeaf(payouts[i]!))).toBe(leaf)
      expect(tree.proof(i).map(toHex)).toEqual(proof)
    }
    if (leaves.length === 0) continue
    const rows = leaves.map(({ account, token, cumulative }) => [account, token, cumulative])
    expect(StandardMerkleTree.of(rows, encoding).root).toBe(`0x${root}`)
  }
})

it('settles the worked epoch as the auditor does', () => {
  const withLeaves = (device: string, readings: VectorReading[]): AuditReading[] =>
    readings.map((reading) => ({
      ...reading,
      leaf: createHash('sha256').update(`${device} ${reading.seq}`).digest(),
    }))
  const audited = audit({
    n: 1,
    from: epoch.from,
    to: epoch.to,
    devices: epoch.devices.map((device) => ({
      ...device,
      parent: cellToParent(device.cell, 5),
      indoor: device.placement === 'indoor',
      interval: device.intervalSec,
      readings: withLeaves(device.device, device.readings),
      history: withLeaves(device.device, device.history),
    })),
    sales: epoch.sales,
    perHour: BigInt(epoch.perHour),
    perCredit: BigInt(epoch.perCredit),
    carryIn: 0n,
    testToken: false,
  })
  expect(epoch.rows).toEqual(audited.lines)
  expect(epoch.json.contribRoot).toBe(toHex(audited.contribRoot))
  expect(epoch.json.paid).toBe(String(audited.paid))
  const { poolIn, carryIn, usageIn, unallocated, carryOut } = audited.money
  expect(epoch.json.money).toEqual([poolIn, carryIn, usageIn, unallocated, carryOut].map(String))
  const { root, tree } = epoch.rewards
  const rows = tree.map(({ account, reward, claimable }) => [account, reward, claimable])
  expect(StandardMerkleTree.of(rows, encoding).root).toBe(root)
  expect(epoch.json.rewardRoot).toBe(root)
})

it('tells the stories of its devices', () => {
  const rows = new Map(
    epoch.rows.map((line) => {
      const row = parseRow(line)
      if (!row.ok) throw new Error(row.detail)
      return [row.value.device, row.value]
    }),
  )
  const stories = epoch.devices.map(({ device }) => rows.get(device)!)
  // The far one has five others to be judged by until the late one falls silent.
  expect(stories.map(({ qualityBp, reasons }) => [qualityBp, reasons])).toEqual([
    [10_000, {}],
    [9_000, { 'bad-time': 1, replayed: 2, spike: 2 }],
    [6_000, { flat: 8 }],
    [2_000, { near: 16 }],
    [10_000, {}],
    [10_000, {}],
    [10_000, {}],
    [10_000, {}],
  ])
  expect(stories.map(({ late }) => late)).toEqual([0, 0, 0, 0, 0, 4, 0, 0])
  expect(stories[6]).toMatchObject({ weight: 0, paid: '0' })
  expect(stories[2]).toMatchObject({ usage: '0' })
})

it('has records that the gateway signed, and that follow each other', () => {
  const key = hexBytes(vectors.gateway.key)
  const records = [epoch, next].map(({ json, cose }) => {
    const record = parseEpoch(hexBytes(cose))
    if (!record.ok) throw new Error(record.detail)
    expect(verifyEpoch(record.value, key, ed25519Verify).ok).toBe(true)
    const published = parseEpochJson(json)
    expect(published.ok && toHex(published.value.bytes)).toBe(cose)
    return record.value
  })
  expect(breakBetween(records[0]!, hexBytes(epoch.cose), records[1]!)).toBeUndefined()
})
