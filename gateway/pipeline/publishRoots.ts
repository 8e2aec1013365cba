/**
 * Publishes the root of each closed epoch to the chain: one transaction at a time, recorded before it
 * is sent, so that a crash at any point leaves either nothing or bytes that are sent again. The
 * account's nonce and the contract's index both stand in these bytes; sent twice they count once.
 * Where nothing can be published, it says why and tries again for ever (schemas/chain.md).
 */
import { fromB64u, toHex } from '../core/bytes.js'
import { assert, Failure } from '../core/failure.js'
import {
  chainLostLooks,
  chainPollMs,
  chainRetryMsMax,
  chainRetryMsMin,
  chainWatchMs,
  projectStopMs,
} from '../core/limits.js'
import { leafHash } from '../core/log/tree.js'
import { ledgerOf } from '../core/rewards/ledger.js'
import type {
  Distributor,
  DistributorView,
  PendingSubmission,
  Publication,
  PublicationStore,
  SubmittedRoot,
} from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { EpochFiles, Settlements } from '../ports/settlements.js'
import { createSleeper } from './project/sleeper.js'
import { comparison, noRoot } from './publishRoots/compare.js'
import { type FollowParts, follow, tooDear } from './publishRoots/follow.js'

export interface PublishParts extends FollowParts {
  distributor: Distributor
  store: PublicationStore
  settlements: Settlements
  /** The one that the distributor pays; EIP-55. */
  token: string
  clock: Clock
  /** Waits; those of limits.ts where absent. */
  pollMs?: number
  retryMsMin?: number
  /** Called when an epoch is on the chain, with its root's index, or is found to change nothing. */
  published?(epoch: number, index: number | undefined): void
}

export interface RootPublisher {
  /** Says that an epoch was closed. */
  notify(): void
  /** Empty when well; otherwise why nothing is published, for /readyz. */
  condition(): string[]
  /** Every epoch up to this one is published. */
  readonly epoch: number
  /** The newest standing root that the chain has shown since the start: a restored log must reach it. */
  readonly newest: SubmittedRoot | undefined
  /** Stops; what waits is recorded and goes on at the next start. */
  stop(): Promise<void>
}

/** What one turn came to. */
type Turn =
  | 'again'
  /** A transaction waits to be mined. */
  | 'waiting'
  /** Nothing to publish. */
  | 'idle'
  | { problem: string }

const nothing: Publication = { epoch: 0, root: undefined, pending: undefined }

/** Loads the record and begins. Rejects with a Failure where it is damaged or of another contract. */
export async function startRootPublisher(parts: PublishParts): Promise<RootPublisher> {
  const { distributor, store, settlements, clock } = parts
  const { pollMs = chainPollMs, retryMsMin = chainRetryMsMin } = parts
  const sleeper = createSleeper()
  const compare = comparison(distributor, settlements)
  let state = (await store.load()) ?? nothing
  let saving: Promise<void> = Promise.resolve()
  let newest: SubmittedRoot | undefined
  let problem: string | undefined
  let signedAtMs = clock.monotonic()
  let lostLooks = 0

  async function turn(): Promise<Turn> {
    const view = await distributor.view()
    newest = view.tip
    const fault = await compare.fault(view, state)
    if (fault !== undefined) return { problem: fault }
    return state.pending === undefined ? begin(view) : goOn(state.pending, view)
  }

  async function begin(view: DistributorView): Promise<Turn> {
    const { tip } = view
    // A record that was lost, or is older than the chain, is caught up with.
    const isBehind = tip !== undefined && tip.epoch > state.epoch
    const root = isBehind ? { epoch: tip.epoch, index: tip.index } : state.root
    const epoch = (isBehind ? tip.epoch : state.epoch) + 1
    if (epoch > settlements.count) return 'idle'
    const files = await settlements.read(epoch)
    assert(files !== undefined, 'a closed epoch has files')
    const { rewardRoot } = files.record
    if (rewardRoot === noRoot || rewardRoot === tip?.root) {
      await save({ epoch, root, pending: undefined })
      parts.published?.(epoch, root?.index)
      return 'again'
    }
    const submission = { ...submissionOf(files, parts.token), index: view.roots }
    const estimate = await distributor.estimate(submission)
    if ('refusal' in estimate) return { problem: `epoch ${epoch}: ${estimate.refusal}` }
    const fees = await distributor.fees()
    if (fees.feePerGas > parts.feePerGasMax) return { problem: tooDear(fees, parts.feePerGasMax) }
    const { nonce } = view
    const { gas } = estimate
    const signed = distributor.sign(submission, nonce, gas, fees)
    return sendNewest({ ...submission, nonce, gas, sent: [signed] })
  }

  /** Recorded, then sent: the other way round a crash between the two would sign another one. */
  async function sendNewest(pending: PendingSubmission): Promise<Turn> {
    await save({ ...state, pending })
    signedAtMs = clock.monotonic()
    lostLooks = 0
    const complaint = await distributor.send(pending.sent.at(-1)!)
    return complaint === undefined
      ? 'again'
      : { problem: `the node does not take the transaction: ${complaint}` }
  }

  async function goOn(pending: PendingSubmission, { nonce }: DistributorView): Promise<Turn> {
    const { epoch, index } = pending
    const followed = await follow(parts, pending, nonce, clock.monotonic() - signedAtMs)
    switch (followed.state) {
      case 'mined':
        await save({ epoch, root: { epoch, index }, pending: undefined })
        parts.published?.(epoch, index)
        return 'again'
      case 'reverted':
        await save({ ...state, pending: undefined })
        return { problem: `epoch ${epoch}: the contract refused ${pending.sent.at(-1)!.hash}` }
      case 'replace':
        return sendNewest(followed.pending)
      case 'lost':
        return giveUp(pending)
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
  async function giveUp(pending: PendingSubmission): Promise<Turn> {
    lostLooks += 1
    if (lostLooks < chainLostLooks)
      return {
        problem: `nonce ${pending.nonce} was used by another transaction: use chain.key for nothing else`,
      }
    await save({ ...state, pending: undefined })
    return 'again'
  }

  /** After the stop the data directory may be another process's. */
  async function save(next: Publication): Promise<void> {
    if (sleeper.stopped) throw new Failure('unavailable', 'the gateway is stopping')
    saving = store.save(next)
    await saving
    state = next
  }

  async function run(): Promise<void> {
    let retryMs = retryMsMin
    while (!sleeper.stopped) {
      const came = await turn().catch(problemOf)
      problem = typeof came === 'object' ? came.problem : undefined
      if (problem !== undefined) {
        await sleeper.sleep(retryMs)
        retryMs = Math.min(2 * retryMs, chainRetryMsMax)
        continue
      }
      retryMs = retryMsMin
      if (came === 'waiting') await sleeper.sleep(pollMs)
      else if (came === 'idle') await sleeper.untilWoken()
    }
  }

  const watch = setInterval(() => sleeper.wake(), chainWatchMs)
  const running = run()
  return {
    notify: () => sleeper.wake(),
    condition: () => (problem === undefined ? [] : [`chain: ${problem}`]),
    get epoch() {
      return state.epoch
    },
    get newest() {
      return newest
    },
    async stop() {
      clearInterval(watch)
      sleeper.stop()
      // A question to a node that does not answer is not waited for.
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, projectStopMs)
      })
      await Promise.race([running, late])
      clearTimeout(timer)
      await saving.catch(() => undefined)
    },
  }
}

/** A failure is shown and tried again; anything else is a defect. */
function problemOf(error: unknown): Turn {
  if (error instanceof Failure) return { problem: error.message }
  throw error
}

function submissionOf({ record, rewards }: EpochFiles, token: string) {
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
