/** Reads rewards.json, the file from which rewards are claimed (schemas/rewards.md). */
import { fromHex } from '../bytes.js'
import { payoutProofMax } from '../limits.js'
import { parseAmount } from '../log/amount.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { RewardsFile } from './ledger.js'
import { type Payout, verifyPayout } from './payoutTree.js'

/**
 * The file of a text, every field of its form, otherwise `malformed`. Whether its proofs lead to its
 * root is not tried: `findPayout` does that for the one that somebody wants.
 */
export function parseRewards(text: string): Result<RewardsFile> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'the text is not JSON')
  }
  if (!isFields(value) || typeof value.id !== 'string' || !isFields(value.metadata))
    return refuse('malformed', 'the file has no id or no metadata')
  if (!isHash(value.root)) return refuse('malformed', 'root is not 0x and 64 hex digits')
  if (!Array.isArray(value.tree) || !value.tree.every(isLeaf))
    return refuse('malformed', 'tree is not a list of account, reward, claimable and proof')
  return accept(value as RewardsFile)
}

/** What a file says of an account and token. Hashes of the proof are `0x` and hex. */
export interface ClaimablePayout extends Payout {
  readonly proof: readonly string[]
}

/**
 * An account's leaf, or `undefined` where the file has none; `malformed` where its proof does not lead
 * to the file's root. `token`: where absent the account's only one.
 */
export function findPayout(
  file: RewardsFile,
  account: string,
  token: string | undefined,
): Result<ClaimablePayout | undefined> {
  const own = file.tree.filter(
    (leaf) => isSame(leaf.account, account) && (token === undefined || isSame(leaf.reward, token)),
  )
  if (own.length > 1) return refuse('malformed', 'the account has rewards in several tokens')
  const [leaf] = own
  if (leaf === undefined) return accept(undefined)
  const cumulative = parseAmount(leaf.claimable)
  if (cumulative === undefined || cumulative === 0n)
    return refuse('malformed', 'claimable is not an amount above 0')
  const payout = { account: leaf.account, token: leaf.reward, cumulative }
  const proof = leaf.proof.map(hashOf)
  return verifyPayout(payout, proof, hashOf(file.root))
    ? accept({ ...payout, proof: leaf.proof })
    : refuse('malformed', 'the proof does not lead to the root: the file was changed')
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isLeaf(leaf: unknown): boolean {
  if (!isFields(leaf)) return false
  const { account, reward, claimable, proof } = leaf
  return (
    isAddress(account) &&
    isAddress(reward) &&
    parseAmount(claimable) !== undefined &&
    Array.isArray(proof) &&
    proof.length <= payoutProofMax &&
    proof.every(isHash)
  )
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value)
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
}

/** Checked when the file was read. */
function hashOf(text: string): Uint8Array {
  return fromHex(text.slice(2)) ?? new Uint8Array()
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
