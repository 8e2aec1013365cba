/**
 * The owners' tree (PROTOCOL 6.4): OpenZeppelin's StandardMerkleTree over
 * ["address", "address", "uint256"] = (account, token, cumulative base units).
 *
 * All nodes lie in one typed array and are hashed where they lie: 100,000 accounts are 300,000
 * hashes, and texts or small objects for each of them would cost more than the hashing.
 */
import { compare, equal, fromHex } from '../bytes.js'
import { keccak256 } from '../crypto.js'
import { assert } from '../failure.js'

/** What an account may have claimed in all. */
export interface Payout {
  /** `0x` and 40 hex digits, as is `token`. */
  readonly account: string
  readonly token: string
  /** Base units, above 0 and below 2^256. Never falls from one epoch to the next. */
  readonly cumulative: bigint
}

const nodeBytes = 32
const addressSize = 20
/** abi.encode of two addresses and a number: three words. */
const encodedBytes = 3 * nodeBytes

/** A built tree; hashes are 32 bytes. */
export interface PayoutTree {
  readonly root: Uint8Array
  /** Proof of the i-th payout that the tree was built of: siblings from the leaf up. */
  proof(index: number): Uint8Array[]
}

/** keccak256(keccak256(abi.encode(account, token, cumulative))), 32 bytes. */
export function payoutLeaf(payout: Payout): Uint8Array {
  const encoded = new Uint8Array(encodedBytes)
  encodePayout(payout, encoded)
  return keccak256(keccak256(encoded))
}

/** Root that a proof leads to: each pair is hashed with its smaller half first. */
export function rootFromPayoutProof(leaf: Uint8Array, proof: readonly Uint8Array[]): Uint8Array {
  return proof.reduce(
    (node, sibling) =>
      compare(node, sibling) <= 0 ? keccak256(node, sibling) : keccak256(sibling, node),
    leaf,
  )
}

/** Whether a payout stands in the tree of this root. */
export function verifyPayout(
  payout: Payout,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  return equal(rootFromPayoutProof(payoutLeaf(payout), proof), root)
}

/** What a record says where nobody has earned yet: 32 zero bytes (PROTOCOL 6.3). */
export function noPayoutsRoot(): Uint8Array {
  return new Uint8Array(nodeBytes)
}

/**
 * Builds the tree of payouts in any order; two of one account and token are a bug. The array is a
 * heap: node i has children 2i + 1 and 2i + 2, and sorted leaves stand at its end, largest first.
 */
export function buildPayoutTree(payouts: readonly Payout[]): PayoutTree {
  const count = payouts.length
  if (count === 0) return { root: noPayoutsRoot(), proof: refuseProof }
  const leaves = hashLeaves(payouts)
  const order = sortedOrder(leaves, count)
  const nodes = new Uint8Array((2 * count - 1) * nodeBytes)
  const nodeOf = new Uint32Array(count)
  for (let rank = 0; rank < count; rank++) {
    const index = order[rank]!
    const node = 2 * count - 2 - rank
    nodes.set(at(leaves, index), node * nodeBytes)
    nodeOf[index] = node
  }
  for (let node = count - 2; node >= 0; node--) hashChildren(nodes, node)
  return {
    root: at(nodes, 0).slice(),
    proof: (index) => siblings(nodes, nodeOf[index] ?? refuseProof()),
  }
}

function refuseProof(): never {
  throw new Error('assertion failed: the payout is in the tree')
}

function at(nodes: Uint8Array, node: number): Uint8Array {
  return nodes.subarray(node * nodeBytes, (node + 1) * nodeBytes)
}

function hashLeaves(payouts: readonly Payout[]): Uint8Array {
  const leaves = new Uint8Array(payouts.length * nodeBytes)
  const encoded = new Uint8Array(encodedBytes)
  for (const [index, payout] of payouts.entries()) {
    encodePayout(payout, encoded)
    leaves.set(keccak256(keccak256(encoded)), index * nodeBytes)
  }
  return leaves
}

/** Children lie side by side: in order they are hashed in place, otherwise once swapped. */
function hashChildren(nodes: Uint8Array, node: number): void {
  const left = at(nodes, 2 * node + 1)
  const right = at(nodes, 2 * node + 2)
  const inOrder = compare(left, right) <= 0
  const pair = nodes.subarray((2 * node + 1) * nodeBytes, (2 * node + 3) * nodeBytes)
  nodes.set(inOrder ? keccak256(pair) : keccak256(right, left), node * nodeBytes)
}

function siblings(nodes: Uint8Array, start: number): Uint8Array[] {
  const proof: Uint8Array[] = []
  for (let node = start; node > 0; node = Math.floor((node - 1) / 2))
    proof.push(at(nodes, node % 2 === 0 ? node - 1 : node + 1).slice())
  return proof
}

/** Indices of leaves in ascending order; by their first 6 bytes, which fit a number, then by all. */
function sortedOrder(leaves: Uint8Array, count: number): Uint32Array {
  const heads = new Float64Array(count)
  const view = new DataView(leaves.buffer)
  for (let index = 0; index < count; index++)
    heads[index] =
      view.getUint32(index * nodeBytes) * 0x1_0000 + view.getUint16(index * nodeBytes + 4)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  order.sort((a, b) => heads[a]! - heads[b]! || compare(at(leaves, a), at(leaves, b)))
  for (let rank = 1; rank < count; rank++)
    assert(
      !equal(at(leaves, order[rank - 1]!), at(leaves, order[rank]!)),
      'an account stands once per token',
    )
  return order
}

/** abi.encode: each value in a word of 32 bytes, big-endian. */
function encodePayout({ account, token, cumulative }: Payout, encoded: Uint8Array): void {
  assert(cumulative > 0n && cumulative < 1n << 256n, 'an amount is above 0 and fits a uint256')
  encoded.set(addressOf(account), nodeBytes - addressSize)
  encoded.set(addressOf(token), 2 * nodeBytes - addressSize)
  let rest = cumulative
  for (let byte = encodedBytes - 1; byte >= 2 * nodeBytes; byte--) {
    encoded[byte] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

/** Not `addressBytes`: that one checks the checksum, which is one hash more for each account. */
function addressOf(text: string): Uint8Array {
  const bytes = text.startsWith('0x') ? fromHex(text.slice(2)) : undefined
  assert(bytes?.length === addressSize, 'an address is 0x and 40 hex digits')
  return bytes
}
