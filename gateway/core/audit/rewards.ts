/**
 * The claim file (PROTOCOL 6.4): its form, its tree built anew, and each proof. A second builder of
 * OpenZeppelin's tree: plain objects, no arrays of bytes shared with the writer.
 */
import { compare, equal, fromHex, toHex } from '../bytes.js'
import { keccak256 } from '../crypto.js'
import { parseAddress } from '../device/address.js'
import { deviceIdOf } from '../device/key.js'
import { canonicalJson, type Json, parseCanonicalJson } from '../json.js'
import { parseAmount } from '../log/amount.js'
import type { EpochRecord } from '../log/epoch.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Checked, differing } from './finding.js'

export const rewardsFileName = 'rewards.json'

export interface AuditPayout {
  readonly account: string
  readonly token: string
  readonly cumulative: bigint
  readonly proof: readonly string[]
}

export interface AuditRewards {
  readonly id: Json
  readonly metadata: Json
  readonly root: string
  readonly tree: readonly AuditPayout[]
}

/** Reads the text; `malformed` names what is not of its form. */
export function readRewards(text: string): Result<AuditRewards> {
  if (!text.endsWith('\n')) return refuse('malformed', 'the last line has no end')
  const parsed = parseCanonicalJson(text.slice(0, -1))
  if (!parsed.ok) return parsed
  const fields = membersOf(parsed.value, ['id', 'metadata', 'root', 'tree'])
  if (fields === undefined) return refuse('malformed', 'it is not {id, metadata, root, tree}')
  const { id, metadata, root, tree } = fields
  if (!isHash(root)) return refuse('malformed', 'root is not 0x and 64 hex digits')
  if (!Array.isArray(tree)) return refuse('malformed', 'tree is no array')
  const payouts: AuditPayout[] = []
  for (const [i, element] of (tree as readonly Json[]).entries()) {
    const payout = payoutOf(element)
    if (!payout.ok) return refuse('malformed', `tree[${i}]: ${payout.detail}`)
    payouts.push(payout.value)
  }
  return accept({ id: id!, metadata: metadata!, root, tree: payouts })
}

function payoutOf(element: Json): Result<AuditPayout> {
  const fields = membersOf(element, ['account', 'reward', 'claimable', 'proof'])
  if (fields === undefined)
    return refuse('malformed', 'it is not {account, reward, claimable, proof}')
  const { account, reward, claimable, proof } = fields
  if (typeof account !== 'string' || parseAddress(account) !== account)
    return refuse('malformed', 'account is no address')
  if (typeof reward !== 'string' || parseAddress(reward) !== reward)
    return refuse('malformed', 'reward is no address')
  const cumulative = parseAmount(claimable)
  if (cumulative === undefined || cumulative === 0n)
    return refuse('malformed', 'claimable is no amount above 0')
  if (!Array.isArray(proof) || !(proof as readonly Json[]).every(isHash))
    return refuse('malformed', 'proof is not a list of hashes')
  return accept({ account, token: reward, cumulative, proof: proof as readonly string[] })
}

/** Says whose file it is, leads to the root in the record, and proves each account. */
export function auditRewards(
  file: AuditRewards,
  record: EpochRecord,
  gatewayKey: Uint8Array,
): Checked {
  const { network, n, from, to } = record
  const metadata = canonicalJson({ epoch: n, from, to })
  const findings = differing(rewardsFileName, [
    ['id', file.id, `${network}/${deviceIdOf(gatewayKey)}/${n}`],
    ['metadata', canonicalJson(file.metadata), metadata],
  ])
  const leaves = file.tree.map(leafOf)
  const root = rootOf(leaves)
  const text = `0x${toHex(root)}`
  findings.push(
    ...differing(rewardsFileName, [['root', file.root, text]]).map((one) => `${one}, of its tree`),
    ...differing('record', [['rewardRoot', `0x${toHex(record.rewardRoot)}`, text]]).map(
      (one) => `${one}, which ${rewardsFileName} gives`,
    ),
  )
  for (const [i, { account, proof }] of file.tree.entries())
    if (!equal(follow(leaves[i]!, proof), record.rewardRoot))
      findings.push(`${rewardsFileName} tree[${i}]: proof of ${account} misses rewardRoot`)
  return { detail: `${file.tree.length} accounts proved under rewardRoot`, findings }
}

/** keccak256(keccak256(abi.encode(account, token, cumulative))): three words of 32 bytes. */
function leafOf({ account, token, cumulative }: AuditPayout): Uint8Array {
  const words = [
    account.slice(2).toLowerCase(),
    token.slice(2).toLowerCase(),
    cumulative.toString(16),
  ]
  return keccak256(keccak256(bytesOf(words.map((word) => word.padStart(64, '0')).join(''))))
}

/** Nodes n-1 to 2n-2 are the leaves, the smallest last; node i is over 2i + 1 and 2i + 2. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32)
  const nodes: Uint8Array[] = new Array(2 * leaves.length - 1)
  for (const [rank, leaf] of leaves.toSorted(compare).entries())
    nodes[2 * leaves.length - 2 - rank] = leaf
  for (let i = leaves.length - 2; i >= 0; i--) nodes[i] = pair(nodes[2 * i + 1]!, nodes[2 * i + 2]!)
  return nodes[0]!
}

function follow(leaf: Uint8Array, proof: readonly string[]): Uint8Array {
  return proof.reduce((node, sibling) => pair(node, bytesOf(sibling.slice(2))), leaf)
}

function pair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compare(a, b) < 0 ? keccak256(a, b) : keccak256(b, a)
}

/** Of a text that was found to be hex. */
function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0)
}

function isHash(value: Json | undefined): value is string {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
}

/** The members of an object that has exactly these. */
function membersOf(
  value: Json,
  names: readonly string[],
): { readonly [name: string]: Json } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members = value as { readonly [name: string]: Json }
  const isExact =
    Object.keys(members).length === names.length &&
    names.every((name) => Object.hasOwn(members, name))
  return isExact ? members : undefined
}
