/**
 * Signs checkpoints of the contribution log. Before one is signed its tree is durable, its root is
 * recomputed from the stored tiles, and the checkpoint before it is shown to be a prefix; a smaller
 * or different tree is never signed (schemas/log.md).
 */
import { equal } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import { type Checkpoint, formatCheckpoint, openCheckpoint } from '../core/log/checkpoint.js'
import type { CheckpointStore } from '../ports/checkpoint.js'
import type { Clock } from '../ports/clock.js'
import type { Signer } from '../ports/signer.js'
import type { Tiles } from '../ports/tiles.js'

/** Of the interval: the rest is for signing, so that the checkpoint is there within the interval. */
const waitShare = 0.8

export interface SignedCheckpoint extends Checkpoint {
  text: string
  atMs: number
}

export interface SettleParts {
  origin: string
  signer: Signer
  tiles: Tiles
  store: CheckpointStore
  clock: Clock
  /** Milliseconds between checkpoints while the log grows; at most `checkpointDelayMsMax`. */
  intervalMs: number
  /** Called with each checkpoint after it is durable. */
  publish(checkpoint: SignedCheckpoint): void
  /** Called where no checkpoint can be signed any more; the process must end. */
  fatal(error: Failure): void
}

export interface Settle {
  readonly latest: SignedCheckpoint | undefined
  /** Says that the log has grown; a checkpoint follows within the interval. */
  notify(): void
  /** Resolves with a checkpoint over at least `size` entries. */
  covering(size: number): Promise<SignedCheckpoint>
  /** Signs what is left and stops. */
  stop(): Promise<void>
}

/**
 * Loads the newest checkpoint and compares it with the tree. Rejects with Failure('data') where the
 * tree is smaller or different: then the data directory is not the one that was last published.
 */
export async function startSettle(parts: SettleParts): Promise<Settle> {
  let latest = await loadLatest(parts)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false
  let waiting: { size: number; resolve: (checkpoint: SignedCheckpoint) => void }[] = []

  async function sign(): Promise<void> {
    const size = parts.tiles.size
    if (latest && size === latest.size) return
    await parts.tiles.sync()
    if (latest) await requirePrefix(parts, latest)
    const root = await parts.tiles.storedRoot(size)
    const checkpoint: Checkpoint = { origin: parts.origin, size, root }
    const text = formatCheckpoint(checkpoint, parts.signer.publicKey, (m) => parts.signer.sign(m))
    await parts.store.save(text)
    latest = { ...checkpoint, text, atMs: parts.clock.now() }
    parts.publish(latest)
    const ready = waiting.filter((one) => one.size <= size)
    waiting = waiting.filter((one) => one.size > size)
    for (const one of ready) one.resolve(latest)
  }

  function signNow(): Promise<void> {
    running ??= sign()
      .catch((error: unknown) => {
        stopped = true
        parts.fatal(
          error instanceof Failure
            ? error
            : new Failure('data', `no checkpoint can be signed: ${messageOf(error)}`),
        )
      })
      .finally(() => {
        running = undefined
      })
    return running
  }

  function notify(): void {
    if (timer || stopped) return
    timer = setTimeout(() => {
      timer = undefined
      void signNow().then(() => {
        if (latest && parts.tiles.size > latest.size) notify()
      })
    }, parts.intervalMs * waitShare)
  }

  if (!latest || parts.tiles.size > latest.size) await signNow()
  return {
    get latest() {
      return latest
    },
    notify,
    covering(size) {
      if (latest && latest.size >= size) return Promise.resolve(latest)
      const covered = new Promise<SignedCheckpoint>((resolve) => waiting.push({ size, resolve }))
      // Whoever asks for a proof need not wait for the interval.
      void signNow().then(() => (waiting.length > 0 ? signNow() : undefined))
      return covered
    },
    async stop() {
      clearTimeout(timer)
      await running
      if (!stopped) await signNow()
      stopped = true
    },
  }
}

async function loadLatest(parts: SettleParts): Promise<SignedCheckpoint | undefined> {
  const text = await parts.store.load()
  if (text === undefined) return undefined
  const opened = openCheckpoint(text, parts.origin, parts.signer.publicKey, ownSignature(parts))
  if (!opened.ok) {
    throw new Failure('data', `the stored checkpoint cannot be used: ${opened.detail}`)
  }
  const latest = { ...opened.value, text, atMs: parts.clock.now() }
  await requirePrefix(parts, latest)
  return latest
}

/**
 * Whether a signature is the gateway's own. Ed25519 is deterministic (RFC 8032 section 5.1.6), so it
 * is the one that signing again gives, which takes a fraction of verifying in JavaScript.
 */
function ownSignature({ signer }: SettleParts) {
  return (signature: Uint8Array, message: Uint8Array): boolean =>
    equal(signature, signer.sign(message))
}

/** The tree must contain the one that was signed before. */
async function requirePrefix(parts: SettleParts, before: Checkpoint): Promise<void> {
  const { size } = parts.tiles
  if (size < before.size) {
    throw new Failure(
      'data',
      `the log has ${size} entries but a checkpoint over ${before.size} was signed: ` +
        'entries were lost. Restore the newest backup; a smaller tree is never signed',
    )
  }
  const root = await parts.tiles.storedRoot(before.size)
  if (!equal(root, before.root)) {
    throw new Failure(
      'data',
      `the first ${before.size} entries differ from those of the signed checkpoint: ` +
        'the data directory was changed. Restore the newest backup; a different tree is never signed',
    )
  }
}
