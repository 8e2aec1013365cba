/**
 * The owners' tree beside OpenZeppelin's library, in one run: the same leaves, the same root, and a
 * proof of every thousandth account. Goal: at most a third of the library's time.
 *
 *   npm run bench:payouts [-- accounts]
 */
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { toHex } from '../../gateway/core/bytes.js'
import { buildPayoutTree } from '../../gateway/core/rewards/payoutTree.js'

const accounts = Number(process.argv[2] ?? 100_000)
const token = `0x${'a'.repeat(40)}`
const proofEvery = 1_000

const payouts = Array.from({ length: accounts }, (_, i) => ({
  account: `0x${(i + 1).toString(16).padStart(40, '0')}`,
  token,
  cumulative: 10n ** 15n + BigInt(i) * 7_919n,
}))

function timed(name: string, build: () => string): { root: string; ms: number } {
  const began = performance.now()
  const root = build()
  const ms = performance.now() - began
  console.log(`${name.padEnd(28)} ${(ms / 1_000).toFixed(1).padStart(6)} s  root ${root}`)
  return { root, ms }
}

console.log(`${accounts.toLocaleString('en')} accounts`)
const ours = timed('fieldproof', () => {
  const { root, proof } = buildPayoutTree(payouts)
  for (let i = 0; i < accounts; i += proofEvery) proof(i)
  return `0x${toHex(root)}`
})
const library = timed('@openzeppelin/merkle-tree', () => {
  const values = payouts.map(({ account, cumulative }) => [account, token, String(cumulative)])
  const tree = StandardMerkleTree.of(values, ['address', 'address', 'uint256'])
  for (let i = 0; i < accounts; i += proofEvery) tree.getProof(i)
  return tree.root
})
const share = ours.ms / library.ms
console.log(`${share.toFixed(2)} of the library's time; wanted at most 0.33`)
if (ours.root !== library.root || share > 1 / 3) process.exitCode = 1
