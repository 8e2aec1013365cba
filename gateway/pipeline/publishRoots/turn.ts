/** One turn of publishing: look at the chain, then do the one next thing. */
import { fromB64u, toHex } from '../../core/bytes.js'
import { assert } from '../../core/failure.js'
import { chainLostLooks } from '../../core/limits.js'
import { leafHash } from '../../core/log/tree.js'
import { ledgerOf } from '../../core/rewards/ledger.js'
import type {
  Distributor,
  DistributorView,
  PendingSubmission,
  Submission,
  SubmittedRoot,
} from '../../ports/chain.js'
import type { Clock } from '../../ports/clock.js'
import type { EpochFiles, Settlements } from '../../ports/settlements.js'
import { type Comparison, comparison, noRoot } from './compare.js'
import { type FollowParts, follow, tooDear } from './follow.js'
import type { PublicationRecord } from './record.js'

export interface TurnParts extends FollowParts {
  distributor: Distributor
  settlements: Settlements
  /** The one that the distributor pays; EIP-55. */
  token: string
  clock: Clock
  /** Called when an epoch is on the chain, with its root's index, or is found to change nothing. */
  published?(epoch: number, index: number | undefined): void
}

/** What one turn came to. */
export type Turn =
  | 'again'
  /** A transaction waits to be mined. */
  | 'waiting'
  /** Nothing to publish. */
  | 'idle'
  | { problem: string }

export interface Turns {
  /** One at a time. Rejects with a Failure where the chain or the record does not work now. */
  take(): Promise<Turn>
  /** The newest standing root that the chain has shown. */
  readonly newest: SubmittedRoot | undefined
}

/** What the turns know beyond the record; a restart forgets it without harm. */
interface Context {
  readonly parts: TurnParts
  readonly record: PublicationRecord
  readonly compare: Comparison
  /** When the newest bytes were signed, or this process began. Monotonic. */
  signedAtMs: number
  lostLooks: number
}

export function createTurns(parts: TurnParts, record: PublicationRecord): Turns {
  const { distributor, settlements, clock } = parts
  const compare = comparison(distributor, settlements)
  const context = { parts, record, compare, signedAtMs: clock.monotonic(), lostLooks: 0 }
  let newest: SubmittedRoot | undefined
  return {
    get newest() {
      return newest
    },
    async take() {
      const view = await distributor.view()
      newest = view.tip
      const { state } = record
      const fault = await compare.fault(view, state)
      if (fault !== undefined) return { problem: fault }
      return state.pending === undefined ? begin(context, view) : goOn(context, state.pending, view)
    },
  }
}

async function begin(context: Context, view: DistributorView): Promise<Turn> {
  const { parts, record } = context
  const { tip } = view
  // A record that was lost, or is older than the chain, is caught up with.
  const isBehind = tip !== undefined && tip.epoch > record.state.epoch
  const root = isBehind ? { epoch: tip.epoch, index: tip.index } : record.state.root
  const epoch = (isBehind ? tip.epoch : record.state.epoch) + 1
  if (epoch > parts.settlements.count) return 'idle'
  const rewardRoot = (await parts.settlements.record(epoch))?.rewardRoot
  const isNews = rewardRoot !== noRoot && rewardRoot !== tip?.root
  // Claims may be long: they are read only where there is something to submit. Those of an epoch that
  // went with an earlier log are in every later tree, for amounts only add up.
  const files = isNews ? await parts.settlements.read(epoch) : undefined
  if (files === undefined) {
    await record.save({ epoch, root, pending: undefined })
    parts.published?.(epoch, root?.index)
    return 'again'
  }
  return submit(context, view.nonce, { ...submissionOf(files, parts.token), index: view.roots })
}

async function submit(context: Context, nonce: number, submission: Submission): Promise<Turn> {
  const { distributor, feePerGasMax } = context.parts
  const estimate = await distributor.estimate(submission)
  if ('refusal' in estimate) return { problem: `epoch ${submission.epoch}: ${estimate.refusal}` }
  const fees = await distributor.fees()
  if (fees.feePerGas > feePerGasMax) return { problem: tooDear(fees, feePerGasMax) }
  const { gas } = estimate
  const signed = distributor.sign(submission, nonce, gas, fees)
  return sendNewest(context, { ...submission, nonce, gas, sent: [signed] })
}

/** Recorded, then sent: the other way round a crash between the two would sign another one. */
async function sendNewest(context: Context, pending: PendingSubmission): Promise<Turn> {
  const { parts, record } = context
  await record.save({ ...record.state, pending })
  context.signedAtMs = parts.clock.monotonic()
  context.lostLooks = 0
  const complaint = await parts.distributor.send(pending.sent.at(-1)!)
  return complaint === undefined
    ? 'again'
    : { problem: `the node does not take the transaction: ${complaint}` }
}

async function goOn(
  context: Context,
  pending: PendingSubmission,
  { nonce }: DistributorView,
): Promise<Turn> {
  const { parts, record, signedAtMs } = context
  const { epoch, index } = pending
  const followed = await follow(parts, pending, nonce, parts.clock.monotonic() - signedAtMs)
  switch (followed.state) {
    case 'mined':
      await record.save({ epoch, root: { epoch, index }, pending: undefined })
      parts.published?.(epoch, index)
      return 'again'
    case 'reverted':
      await record.save({ ...record.state, pending: undefined })
      return { problem: `epoch ${epoch}: the contract refused ${pending.sent.at(-1)!.hash}` }
    case 'replace':
      return sendNewest(context, followed.pending)
    case 'lost':
      return giveUp(context, pending)
    case 'stuck':
      return { problem: followed.detail }
    default:
      return 'waiting'
  }
}

/**
 * Somebody used the nonce for another transaction, so none of these can be mined any more. Nodes
 * behind one address may differ for a while, so this is looked at several times.
 */
async function giveUp(context: Context, pending: PendingSubmission): Promise<Turn> {
  context.lostLooks += 1
  if (context.lostLooks < chainLostLooks)
    return {
      problem: `nonce ${pending.nonce} was used by another transaction: use chain.key for nothing else`,
    }
  await context.record.save({ ...context.record.state, pending: undefined })
  return 'again'
}

function submissionOf({ record, rewards }: EpochFiles, token: string): Omit<Submission, 'index'> {
  const bytes = fromB64u(record.record)
  const ledger = ledgerOf(rewards)
  assert(bytes !== undefined && ledger !== undefined, 'what a closed epoch published can be read')
  const total = ledger
    .filter((payout) => payout.token === token)
    .reduce((sum, { cumulative }) => sum + cumulative, 0n)
  return {
    root: record.rewardRoot,
    record: `0x${toHex(leafHash(bytes))}`,
    total,
    epoch: record.n,
  }
}
