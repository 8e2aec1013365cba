/**
 * What every owner has earned since the first epoch (PROTOCOL 6.4), and the file from which it is
 * claimed. Rows never disappear and amounts never fall, so an owner may skip any number of epochs.
 */
import { toHex } from '../bytes.js'
import { assert } from '../failure.js'
import { type Json, parseCanonicalJson } from '../json.js'
import { parseAmount } from '../log/amount.js'
import { buildPayoutTree, type Payout } from './payoutTree.js'
import type { ContributionRow } from './statement.js'

/** rewards.json in the form of the Universal Rewards Distributor. */
export type RewardsFile = {
  readonly id: string
  readonly metadata: { readonly [name: string]: Json }
  /** 0x and hex, as are the proofs. */
  readonly root: string
  readonly tree: readonly {
    readonly account: string
    /** The token. */
    readonly reward: string
    /** Cumulative base units. */
    readonly claimable: string
    readonly proof: readonly string[]
  }[]
}

/**
 * The ledger with an epoch's rows added, by account and token; only accounts above 0. `token`: that
 * of the epoch. Owners and tokens in EIP-55, so that one account is one text.
 */
export function addPayouts(
  ledger: readonly Payout[],
  rows: readonly ContributionRow[],
  token: string,
): Payout[] {
  const byKey = new Map(ledger.map((payout) => [keyOf(payout), payout]))
  for (const { owner, paid } of rows) {
    const amount = parseAmount(paid)
    assert(amount !== undefined, 'a row pays an amount')
    if (amount === 0n) continue
    const key = keyOf({ account: owner, token })
    const cumulative = (byKey.get(key)?.cumulative ?? 0n) + amount
    byKey.set(key, { account: owner, token, cumulative })
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, payout]) => payout)
}

/** The claim file of a ledger, proofs included. */
export function rewardsFile(
  id: string,
  metadata: RewardsFile['metadata'],
  ledger: readonly Payout[],
): RewardsFile {
  const { root, proof } = buildPayoutTree(ledger)
  return {
    id,
    metadata,
    root: `0x${toHex(root)}`,
    tree: ledger.map(({ account, token, cumulative }, i) => ({
      account,
      reward: token,
      claimable: String(cumulative),
      proof: proof(i).map((hash) => `0x${toHex(hash)}`),
    })),
  }
}

/**
 * The leaves of one account in the text of a claim file, one for each token; empty where it has none.
 * Looked for in the text: a file of 100,000 accounts is too long to be read whole for one of them.
 */
export function claimsOf(text: string, account: string): RewardsFile['tree'][number][] {
  const claims: RewardsFile['tree'][number][] = []
  const name = `{"account":${JSON.stringify(account)},`
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    claims.push(JSON.parse(text.slice(at, text.indexOf('}', at) + 1)))
  return claims
}

function keyOf({ account, token }: Pick<Payout, 'account' | 'token'>): string {
  return `${account.toLowerCase()} ${token.toLowerCase()}`
}

/**
 * The ledger of a claim file: what the next epoch adds to. `undefined` where the text is no such file.
 * The proofs are left alone: whoever wrote the file made them.
 */
export function ledgerOf(text: string): Payout[] | undefined {
  const parsed = parseCanonicalJson(text.trimEnd())
  if (!parsed.ok) return undefined
  const { tree } = parsed.value as { tree?: Json }
  if (!Array.isArray(tree)) return undefined
  const ledger: Payout[] = []
  for (const row of tree as Json[]) {
    const { account, reward, claimable } = (row ?? {}) as { readonly [name: string]: Json }
    const cumulative = parseAmount(claimable)
    if (typeof account !== 'string' || typeof reward !== 'string') return undefined
    if (cumulative === undefined) return undefined
    ledger.push({ account, token: reward, cumulative })
  }
  return ledger
}
