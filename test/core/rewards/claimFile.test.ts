import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../../gateway/core/device/address.js'
import { findPayout, parseRewards } from '../../../gateway/core/rewards/claimFile.js'
import { type RewardsFile, rewardsFile } from '../../../gateway/core/rewards/ledger.js'

const token = `0x${'aa'.repeat(20)}`
const other = `0x${'bb'.repeat(20)}`

function account(i: number): string {
  return formatAddress(new Uint8Array(20).fill(i))
}

const file = rewardsFile('testnet/g/1', { epoch: 1 }, [
  { account: account(1), token, cumulative: 5n },
  { account: account(2), token, cumulative: 10n ** 30n },
  { account: account(2), token: other, cumulative: 7n },
])

function changed(change: (copy: Record<string, unknown>) => void): string {
  const copy = JSON.parse(JSON.stringify(file)) as Record<string, unknown>
  change(copy)
  return JSON.stringify(copy)
}

function leaf(copy: Record<string, unknown>, at: number): Record<string, unknown> {
  return (copy.tree as Record<string, unknown>[])[at]!
}

describe('rewards.json', () => {
  it('is read back, whatever its spaces', () => {
    expect(parseRewards(JSON.stringify(file, null, 2))).toEqual({ ok: true, value: file })
  })

  it('is refused where anything is not of its form', () => {
    const wrong = [
      'x',
      'null',
      '[]',
      '{}',
      changed((copy) => delete copy.id),
      changed((copy) => {
        copy.metadata = 1
      }),
      changed((copy) => {
        copy.root = '0x12'
      }),
      changed((copy) => {
        copy.tree = {}
      }),
      changed((copy) => {
        copy.tree = [null]
      }),
      ...[
        ['account', '0x12'],
        ['reward', 5],
        ['claimable', '-1'],
        ['claimable', '007'],
        ['claimable', 5],
        ['proof', 'x'],
        ['proof', ['0x12']],
        ['proof', Array.from({ length: 65 }, () => file.root)],
      ].map(([name, value]) =>
        changed((copy) => {
          leaf(copy, 0)[String(name)] = value
        }),
      ),
    ]
    for (const text of wrong) expect([text, parseRewards(text).ok]).toEqual([text, false])
  })

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseRewards(text)
      }),
    )
  })
})

describe('an account’s payout', () => {
  const find = (one: RewardsFile, who: string, what?: string) => findPayout(one, who, what)

  it('is found with its proof, in any spelling of the account', () => {
    const found = find(file, account(1).toLowerCase())
    expect(found).toMatchObject({ ok: true, value: { cumulative: 5n, token } })
    expect(find(file, account(9))).toEqual({ ok: true, value: undefined })
    expect(find(file, account(2))).toMatchObject({ ok: false })
    expect(find(file, account(2), other)).toMatchObject({ ok: true, value: { cumulative: 7n } })
  })

  it('is refused where the file was changed', () => {
    const more = parseRewards(
      changed((copy) => {
        leaf(copy, 0).claimable = '6'
      }),
    )
    const root = parseRewards(
      changed((copy) => {
        copy.root = `0x${'11'.repeat(32)}`
      }),
    )
    const nothing = parseRewards(
      changed((copy) => {
        leaf(copy, 0).claimable = '0'
      }),
    )
    for (const one of [more, root, nothing]) {
      expect(one.ok).toBe(true)
      if (one.ok) expect(find(one.value, account(1))).toMatchObject({ ok: false })
    }
  })
})
