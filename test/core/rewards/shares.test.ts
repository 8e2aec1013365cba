import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { describe, expect, it } from 'vitest'
import { addPayouts, rewardsFile } from '../../../gateway/core/rewards/ledger.js'
import { weightOf } from '../../../gateway/core/rewards/score.js'
import { poolFor, shareOut } from '../../../gateway/core/rewards/shares.js'
import { usageOf } from '../../../gateway/core/rewards/usage.js'
import { seededRandom } from '../../support/random.js'
import { compareEpochs } from './compareEpochs.js'

const pool = (poolIn: bigint, carryIn = 0n, usageIn = 0n) => ({ poolIn, carryIn, usageIn })
const claims = (...weights: number[]) => weights.map((weight) => ({ weight, usage: 0n }))

describe('shares', () => {
  it('rounds down and carries the dust', () => {
    const { rows, paid, unallocated, carryOut } = shareOut(pool(100n, 1n), claims(1, 1, 1, 1, 1, 1))
    expect(rows.map((row) => row.paid)).toEqual([16n, 16n, 16n, 16n, 16n, 16n])
    expect([paid, unallocated, carryOut]).toEqual([96n, 0n, 5n])
  })

  it('takes what is above a quarter of the pool, and emits it never', () => {
    const { rows, unallocated, carryOut } = shareOut(pool(1_000n), claims(7, 2, 1))
    expect(rows.map((row) => row.coverage)).toEqual([250n, 200n, 100n])
    expect(rows.map((row) => row.capped)).toEqual([450n, 0n, 0n])
    expect([unallocated, carryOut]).toEqual([450n, 0n])
  })

  it('leaves the pool unallocated where nobody has weight, yet pays usage', () => {
    const shares = shareOut(pool(1_000n, 5n, 30n), [{ weight: 0, usage: 29n }])
    expect(shares).toEqual({
      rows: [{ coverage: 0n, capped: 0n, paid: 29n }],
      paid: 29n,
      unallocated: 1_005n,
      carryOut: 1n,
    })
  })

  it('takes more usage than came in for a bug', () => {
    expect(() => shareOut(pool(0n, 0n, 1n), [{ weight: 1, usage: 2n }])).toThrow('below zero')
  })

  it('fills the pool by the hour', () => {
    expect(poolFor(10n ** 18n, { from: 0, to: 3_600 })).toBe(10n ** 18n)
    expect(poolFor(10n, { from: 0, to: 719 })).toBe(1n)
    expect(() => poolFor(1n, { from: 5, to: 5 })).toThrow('an epoch')
  })
})

describe('usage', () => {
  it('goes to owners in equal parts, and to their devices in equal parts', () => {
    const { usageIn, owed } = usageOf([{ credits: 1, owners: [['a', 'b', 'c'], ['d']] }], {
      perCredit: 101n,
      feeBp: 0,
    })
    expect(usageIn).toBe(101n)
    expect([...owed]).toEqual([
      ['a', 16n],
      ['b', 16n],
      ['c', 16n],
      ['d', 50n],
    ])
  })

  it('adds up over rows, and owes nobody nothing', () => {
    const sale = { credits: 3, owners: [['a'], ['b']] }
    expect([...usageOf([sale, sale], { perCredit: 1n, feeBp: 0 }).owed]).toEqual([
      ['a', 2n],
      ['b', 2n],
    ])
    expect(
      usageOf([{ credits: 1, owners: [['a'], ['b']] }], { perCredit: 1n, feeBp: 0 }).owed.size,
    ).toBe(0)
    expect(() => usageOf([{ credits: 1, owners: [] }], { perCredit: 1n, feeBp: 0 })).toThrow(
      'has owners',
    )
    expect(() => usageOf([{ credits: 1, owners: [[]] }], { perCredit: 1n, feeBp: 0 })).toThrow(
      'has a device',
    )
  })
})

it('weighs quality, uptime, metrics and density', () => {
  const full = { qualityBp: 10_000, uptimeBp: 10_000, m: 1 }
  expect(weightOf({ ...full, n: 0 })).toBe(0)
  expect(weightOf({ ...full, n: 1 })).toBe(1_000_000)
  // Up to ten owners nobody loses by a neighbour; beyond, they share.
  expect(weightOf({ ...full, n: 10 })).toBe(1_000_000)
  expect(weightOf({ ...full, n: 20 })).toBe(500_000)
  expect(weightOf({ ...full, n: 30 })).toBe(333_333)
  expect(weightOf({ qualityBp: 9_999, uptimeBp: 6_666, m: 3, n: 7 })).toBe(1_999_600)
})

describe('ledger', () => {
  const token = `0x${'00'.repeat(20)}`
  const { rows } = compareEpochs(seededRandom(3), 40)

  it('never loses a row and never lets an amount fall', () => {
    const first = addPayouts([], rows, token)
    expect(first.length).toBeGreaterThan(3)
    expect(first.every(({ cumulative }) => cumulative > 0n)).toBe(true)
    const paid = rows.reduce((sum, row) => sum + BigInt(row.paid), 0n)
    expect(first.reduce((sum, { cumulative }) => sum + cumulative, 0n)).toBe(paid)
    expect(addPayouts(first, [], token)).toEqual(first)
    const second = addPayouts(first, rows, token)
    expect(second.map(({ cumulative }) => cumulative)).toEqual(
      first.map(({ cumulative }) => 2n * cumulative),
    )
    // Another token is another row.
    expect(addPayouts(first, rows, `0x${'aa'.repeat(20)}`).length).toBe(2 * first.length)
  })

  it('is claimed from a file whose proofs a distributor accepts', () => {
    const ledger = addPayouts([], rows, token)
    const file = rewardsFile('testnet/3', { epoch: 3 }, ledger)
    for (const { account, reward, claimable, proof } of file.tree) {
      const leaf = [account, reward, claimable]
      const encoding = ['address', 'address', 'uint256']
      expect(StandardMerkleTree.verify(file.root, encoding, leaf, [...proof])).toBe(true)
    }
    expect(rewardsFile('testnet/1', {}, [])).toEqual({
      id: 'testnet/1',
      metadata: {},
      root: `0x${'00'.repeat(32)}`,
      tree: [],
    })
  })
})
