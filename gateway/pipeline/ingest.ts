/**
 * The way of a signed message: verify > admit > journal > acknowledge. One queue, so that messages
 * are admitted in the order in which they came, whatever the verifier threads do.
 *
 * A crash before the journal's commit leaves nothing, and the device sends again; a crash after it
 * leaves the entry, and the same bytes are answered `accepted` again without being counted.
 */
import { equal } from '../core/bytes.js'
import type { Admission, Claim, Judgement } from '../core/device/judgement.js'
import { intakeQueueMax, verifyBatchMax } from '../core/limits.js'
import type { Reason, Result } from '../core/verdict.js'
import type { Clock } from '../ports/clock.js'
import type { EvidenceStore } from '../ports/evidence.js'
import type { Inbound } from '../ports/intake.js'
import type { Checked, Verifier } from '../ports/verifier.js'
import type { ContributionLog, NewLeaf } from './contributionLog.js'
import type { Control } from './control.js'
import type { Accepted } from './events.js'
import type { Tally } from './tally.js'

export interface IngestParts {
  verifier: Verifier
  admission: Admission
  log: ContributionLog
  /** Leaf hash of an accepted message by (device, seq), however old. */
  findLeaf(device: string, seq: number): Promise<{ index: number; leaf: Uint8Array } | undefined>
  /** Checks and applies what is not a reading (`ro`, `rv`). */
  control: Control
  evidence: EvidenceStore
  clock: Clock
  tally: Tally
  /** Called after each commit, in log order. Returns at once. */
  onAccepted(accepted: readonly Accepted[]): void
  /** Called for each refusal. Returns at once. */
  onRefused(message: Inbound, device: string | undefined, reason: Reason): void
}

export interface Ingest {
  submit(message: Inbound): void
  /** Messages that wait for a verifier thread. */
  readonly waiting: number
  /** Resolves once everything that was submitted has its answer. */
  drain(): Promise<void>
}

/** Batches at the verifier at once: enough that each thread has its next one waiting. */
const verifyingMax = 6
/** Batches without their answer: where the disk stalls, messages wait in the queue, then senders wait. */
const openMax = 64

export function createIngest(parts: IngestParts): Ingest {
  let queue: Inbound[] = []
  let head = 0
  let verifying = 0
  let scheduled = false
  /** Batches are judged in the order in which they were taken, each after the one before. */
  let order: Promise<void> = Promise.resolve()
  let open = 0
  let idle: (() => void)[] = []

  function submit(message: Inbound): void {
    if (queue.length - head >= intakeQueueMax) {
      refuse(parts, message, undefined, null, 'overloaded')
      return
    }
    queue.push(message)
    schedule()
  }

  /** One turn of the loop later, so that a whole socket chunk goes in one batch. */
  function schedule(): void {
    if (scheduled || verifying >= verifyingMax || open >= openMax) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      while (verifying < verifyingMax && open < openMax && head < queue.length) start(take())
    })
  }

  /** A run of readings, or one message of another kind. */
  function take(): Inbound[] {
    const from = head
    if (queue[head]?.kind !== 'rd') head++
    else
      while (head < queue.length && head - from < verifyBatchMax && queue[head]?.kind === 'rd')
        head++
    const batch = queue.slice(from, head)
    if (head === queue.length || head > 4 * intakeQueueMax) {
      queue = queue.slice(head)
      head = 0
    }
    return batch
  }

  function start(batch: Inbound[]): void {
    verifying++
    open++
    const checking = check(parts, batch)
    const before = order
    order = Promise.all([checking, before]).then(([checked]) => {
      verifying--
      // The commit is not part of the order: the next batch is admitted while this one is synced.
      void judgeBatch(parts, batch, checked, submit).finally(closed)
      if (head < queue.length) schedule()
    })
  }

  function closed(): void {
    open--
    if (head < queue.length) schedule()
    if (open > 0 || head < queue.length) return
    for (const resolve of idle) resolve()
    idle = []
  }

  return {
    submit,
    get waiting() {
      return queue.length - head
    },
    drain() {
      if (open === 0 && head === queue.length) return Promise.resolve()
      return new Promise((resolve) => idle.push(resolve))
    },
  }
}

async function check(parts: IngestParts, batch: readonly Inbound[]): Promise<Checked[]> {
  if (batch[0]?.kind !== 'rd') return []
  return parts.verifier.check(batch.map((message) => message.bytes))
}

/** Admits a batch without a pause in between, then answers each message when its verdict is final. */
async function judgeBatch(
  parts: IngestParts,
  batch: readonly Inbound[],
  checked: readonly Checked[],
  resubmit: (message: Inbound) => void,
): Promise<void> {
  const nowMs = parts.clock.now()
  const nowSec = Math.floor(nowMs / 1000)
  const admitted: Admitted[] = []
  const repeated: { message: Inbound; device: string; seq: number; leaf: Uint8Array }[] = []
  const lookUps: Promise<void>[] = []
  const afterwards: (() => void)[] = []
  for (const [i, message] of batch.entries()) {
    const seen = checked[i] ?? claimOf(parts.control.check(message, nowSec))
    if (seen.form === 'malformed') {
      refuse(parts, message, undefined, null, 'malformed')
      continue
    }
    const { seq, leaf } = seen
    const judgement = parts.admission.judge(seen, message.claimed, nowSec)
    switch (judgement.outcome) {
      case 'accept':
        parts.tally.accept(judgement.device, nowMs)
        if (message.kind !== 'rd') afterwards.push(parts.control.admit(message))
        admitted.push(admittedAs(message, judgement.device, seq, leaf))
        break
      case 'same':
        repeated.push({ message, device: judgement.device, seq, leaf })
        break
      case 'look-up':
        lookUps.push(lookUp(parts, message, judgement, seq, leaf))
        break
      case 'again':
        resubmit(message)
        break
      case 'refuse':
        keepEvidence(parts, message, judgement, seq)
        refuse(parts, message, judgement.device, seq, judgement.reason, judgement.authentic)
    }
  }
  // With nothing new this waits for the commits before it: a repeated message may be in one of them.
  if (admitted.length + repeated.length > 0) {
    const { first, atMs } = await parts.log.append(admitted)
    for (const [i, one] of admitted.entries()) {
      one.index = first + i
      one.atMs = atMs
    }
    parts.onAccepted(admitted)
    for (const one of admitted) one.message.done('accepted', one)
    for (const { message, device, seq, leaf } of repeated) {
      parts.tally.duplicates++
      message.done('accepted', { device, seq, leaf })
    }
  }
  for (const tell of afterwards) tell()
  await Promise.all(lookUps)
}

/** One object on its whole way: entry of the log, then what is told of it. */
type Admitted = Accepted & NewLeaf

/** Index and time are those of the commit, once it is there. */
function admittedAs(message: Inbound, device: string, seq: number, leaf: Uint8Array): Admitted {
  const { kind, bytes } = message
  return { kind, bytes, leaf, message, device, seq, index: -1, atMs: 0 }
}

function claimOf(checked: Result<Claim>): Checked {
  if (!checked.ok) return { form: 'malformed', detail: checked.detail }
  return { form: 'ok', ...checked.value }
}

/** A sequence below the window: the same bytes were accepted once, or it is a replay. */
async function lookUp(
  parts: IngestParts,
  message: Inbound,
  { device, otherwise }: Judgement & { outcome: 'look-up' },
  seq: number,
  leaf: Uint8Array,
): Promise<void> {
  const found = await parts.findLeaf(device, seq)
  if (found && equal(found.leaf, leaf)) {
    parts.tally.duplicates++
    message.done('accepted', { device, seq, leaf })
  } else {
    refuse(parts, message, device, seq, otherwise)
  }
}

function keepEvidence(
  parts: IngestParts,
  message: Inbound,
  judgement: Judgement & { outcome: 'refuse' },
  seq: number,
): void {
  if (judgement.reason !== 'equivocation' || judgement.device === undefined) return
  const atMs = parts.clock.now()
  parts.evidence.keep({ device: judgement.device, seq, message: message.bytes, atMs })
}

function refuse(
  parts: IngestParts,
  message: Inbound,
  device: string | undefined,
  seq: number | null,
  reason: Reason,
  authentic = false,
): void {
  parts.tally.refuse(reason, authentic ? device : undefined)
  parts.onRefused(message, device, reason)
  message.done(reason, { device, seq, leaf: undefined })
}
