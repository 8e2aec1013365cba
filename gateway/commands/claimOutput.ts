/** What `fieldproof claim` says of a claim. */
import type { ClaimState } from '../adapters/chain/claim.js'
import type { ClaimablePayout } from '../core/rewards/claimFile.js'
import { print, printPairs } from './output.js'

export interface ShownClaim {
  /** `0x` and hex. */
  root: string
  payout: ClaimablePayout
  /** The distributor, where it is known. */
  contract: string | undefined
  /** `0x` and hex. */
  calldata: string
  /** Where a node was asked. */
  state: ClaimState | undefined
}

export function claimJson({ root, payout, contract, calldata, state }: ShownClaim): object {
  const { account, token, cumulative, proof } = payout
  return {
    account,
    token,
    cumulative: String(cumulative),
    root,
    proof,
    contract: contract ?? null,
    calldata,
    ...(state === undefined ? {} : stateJson(state)),
  }
}

function stateJson({ root, claimed, to }: ClaimState): object {
  return {
    submitted: root?.index ?? null,
    active: root?.isActive ?? false,
    claimed: String(claimed),
    paidTo: to,
  }
}

export function showClaim({ root, payout, contract, calldata, state }: ShownClaim): void {
  printPairs([
    ['account', payout.account],
    ['token', payout.token],
    ['cumulative', `${payout.cumulative} base units`],
    ['root', `${root}, to which the proof leads`],
    ...payout.proof.map((hash, i): [string, string] => [i === 0 ? 'proof' : '', hash]),
    ['contract', contract ?? 'not known here: name it with --distributor'],
    ['calldata', calldata],
  ])
  if (state === undefined) return
  print('')
  printPairs([
    ['on the chain', rootText(state)],
    ['paid so far', `${state.claimed} base units`],
    ['goes to', state.to],
  ])
}

/** How far the root of a claim is. */
export function rootText({ root }: ClaimState): string {
  if (root === undefined) return 'this root was not submitted yet'
  const { index, isActive, rejected, waitSec } = root
  if (isActive) return `root ${index}, active: it can be claimed`
  if (rejected) return `root ${index} was rejected by the arbiter: another one has to follow`
  return `root ${index} is not active yet: ${waitSec} s to go, and longer while a dispute is open`
}
