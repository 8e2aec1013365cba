/** What becomes of a transaction that is recorded: sent again, replaced, mined, or given up. */
import { chainBumpMs, chainBumpPercent, chainReplacementsMax } from '../../core/limits.js'
import type { Distributor, Fees, PendingSubmission } from '../../ports/chain.js'

export type Followed =
  | { state: 'mined' | 'reverted' | 'waiting' }
  /** The nonce is used up, but by none of these transactions, as far as this node knows. */
  | { state: 'lost' }
  /** To be recorded, then sent. */
  | { state: 'replace'; pending: PendingSubmission }
  | { state: 'stuck'; detail: string }

export interface FollowParts {
  distributor: Distributor
  /** Blocks that must say that a transaction is mined. */
  confirmations: number
  /** Wei per gas that is never exceeded. */
  feePerGasMax: bigint
}

/**
 * Looks after a recorded submission once, and sends its newest bytes again while it is not mined: a
 * node that has them already says so, and one that lost them gets them back. `nonce`: the account's
 * next one. `waitedMs`: since the newest bytes were signed or this process began.
 */
export async function follow(
  parts: FollowParts,
  pending: PendingSubmission,
  nonce: number,
  waitedMs: number,
): Promise<Followed> {
  const { distributor, confirmations } = parts
  for (const { hash } of pending.sent) {
    const receipt = await distributor.receipt(hash)
    if (receipt === undefined) continue
    if (receipt.confirmations < confirmations) return { state: 'waiting' }
    return { state: receipt.succeeded ? 'mined' : 'reverted' }
  }
  if (nonce > pending.nonce) return { state: 'lost' }
  if (waitedMs >= chainBumpMs) return replacement(parts, pending)
  const complaint = await distributor.send(pending.sent.at(-1)!)
  return complaint === undefined
    ? { state: 'waiting' }
    : { state: 'stuck', detail: `the node does not take the transaction: ${complaint}` }
}

async function replacement(
  { distributor, feePerGasMax }: FollowParts,
  pending: PendingSubmission,
): Promise<Followed> {
  if (pending.sent.length >= chainReplacementsMax)
    return {
      state: 'stuck',
      detail: `transaction ${pending.sent.at(-1)!.hash} is not mined, however much it pays: look at the node`,
    }
  const fees = raised(pending.sent.at(-1)!, await distributor.fees())
  if (fees.feePerGas > feePerGasMax) return { state: 'stuck', detail: tooDear(fees, feePerGasMax) }
  const next = distributor.sign(pending, pending.nonce, pending.gas, fees)
  return { state: 'replace', pending: { ...pending, sent: [...pending.sent, next] } }
}

/** At least so much more than before that nodes replace the one by the other. */
function raised(before: Fees, now: Fees): Fees {
  const more = (fee: bigint): bigint => fee + (fee * chainBumpPercent) / 100n + 1n
  const priorityFee = max(more(before.priorityFee), now.priorityFee)
  return { priorityFee, feePerGas: max(more(before.feePerGas), now.feePerGas) }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** What to say where the chain asks more than the operator allows. */
export function tooDear({ feePerGas }: Fees, feePerGasMax: bigint): string {
  return `the chain asks ${feePerGas} wei per gas, and chain.maxFee is ${feePerGasMax}: waiting until it is cheaper`
}
