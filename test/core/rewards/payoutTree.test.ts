import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import {
  buildPayoutTree,
  type Payout,
  payoutLeaf,
  verifyPayout,
} from '../../../gateway/core/rewards/payoutTree.js'

const token = `0x${'aa'.repeat(20)}`
const encoding = ['address', 'address', 'uint256']
const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`
const cellsOf = ({ account, token: of, cumulative }: Payout) => [account, of, cumulative]

const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => hex(Uint8Array.from(bytes)))
const payout = fc.record({
  account: address,
  token: fc.constantFrom(token, `0x${'00'.repeat(20)}`),
  cumulative: fc.oneof(
    fc.constantFrom(1n, 255n, 256n, (1n << 256n) - 1n),
    fc.bigInt({ min: 1n, max: (1n << 256n) - 1n }),
  ),
})
const payouts = fc.uniqueArray(payout, {
  minLength: 1,
  maxLength: 40,
  selector: ({ account, token: of }) => account + of,
})

describe('payout tree', () => {
  it('has the golden root of PROTOCOL 6.4', () => {
    const golden = [
      ['11', 5n * 10n ** 18n],
      ['22', 25n * 10n ** 17n],
      ['33', 1n],
    ] as const
    const tree = buildPayoutTree(
      golden.map(([byte, cumulative]) => ({ account: `0x${byte.repeat(20)}`, token, cumulative })),
    )
    expect(hex(tree.root)).toBe(
      '0x0042337f42db4c2364d8b99998fd6176b5cbfbb87ae1043b81a08761351a46fa',
    )
  })

  it('equals the trees of @openzeppelin/merkle-tree: root and every proof', () => {
    fc.assert(
      fc.property(payouts, (rows) => {
        const ours = buildPayoutTree(rows)
        const theirs = StandardMerkleTree.of(rows.map(cellsOf), encoding)
        expect(hex(ours.root)).toBe(theirs.root)
        for (const [i, row] of rows.entries()) {
          const proof = ours.proof(i)
          expect(proof.map(hex)).toEqual(theirs.getProof(i))
          expect(verifyPayout(row, proof, ours.root)).toBe(true)
          const changed = { ...row, cumulative: row.cumulative ^ 1n || 2n }
          expect(verifyPayout(changed, proof, ours.root)).toBe(false)
          expect(
            StandardMerkleTree.verify(theirs.root, encoding, cellsOf(row), proof.map(hex)),
          ).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(payouts, (rows) => {
        expect(buildPayoutTree(rows.toReversed()).root).toEqual(buildPayoutTree(rows).root)
      }),
      { numRuns: 20 },
    )
  })

  it('is one leaf, or 32 zero bytes without any', () => {
    const one = { account: `0x${'11'.repeat(20)}`, token, cumulative: 1n }
    const tree = buildPayoutTree([one])
    expect(tree.root).toEqual(payoutLeaf(one))
    expect(tree.proof(0)).toEqual([])
    expect(() => tree.proof(1)).toThrow('the payout is in the tree')
    expect(buildPayoutTree([]).root).toEqual(new Uint8Array(32))
    expect(() => buildPayoutTree([]).proof(0)).toThrow('the payout is in the tree')
  })

  it('refuses the same row twice, nothing, too much, and what is no address', () => {
    const one = { account: `0x${'11'.repeat(20)}`, token, cumulative: 1n }
    expect(() => buildPayoutTree([one, one])).toThrow('once per token')
    expect(() => payoutLeaf({ ...one, cumulative: 0n })).toThrow('uint256')
    expect(() => payoutLeaf({ ...one, cumulative: 1n << 256n })).toThrow('uint256')
    for (const account of [
      '',
      '0x',
      '11'.repeat(20),
      `0x${'11'.repeat(21)}`,
      `0x${'g1'.repeat(20)}`,
    ])
      expect(() => payoutLeaf({ ...one, account })).toThrow('0x and 40 hex digits')
  })
})
