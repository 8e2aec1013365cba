/**
 * The verifier: readings are checked on worker threads, so that the event loop stays free. Key
 * changes go to every thread before the next batch does.
 */
import { availableParallelism } from 'node:os'
import { fromHex } from '../../core/bytes.js'
import { assert } from '../../core/failure.js'
import { verifyBatchMax } from '../../core/limits.js'
import type { Checked, Verifier } from '../../ports/verifier.js'
import type { Backend, BackendName } from './backend.js'
import { type KeyChange, packKeys } from './keyRows.js'
import { loadBackend } from './loadBackend.js'
import { startThread, type Thread } from './thread.js'

/** More threads than this wait for the one that journals. */
const threadsDefaultMax = 2

export interface VerifierOptions {
  network: string
  /** At most so many. Default: the cores there are, at most 2. */
  threads?: number
  /** Default: `sodium` where its addon loads. */
  backend?: BackendName
  /** Told when a thread died and was started again. */
  onDeath?(detail: string): void
  /** The compiled worker; another one in tests that break it. */
  script?: URL
}

/** A verifier whose threads start with the batches that need them: an idle gateway has none. */
export function createVerifier(options: VerifierOptions): Verifier {
  const count = options.threads ?? Math.min(threadsDefaultMax, availableParallelism())
  assert(count >= 1, 'a verifier has at least one thread')
  const keys = new Map<string, Uint8Array>()
  let changes: KeyChange[] = []
  let local: Backend | undefined
  const threads: Thread[] = []

  /** An idle thread, else a new one where there may be one more, else that with the least to do. */
  function thread(): Thread {
    const best = leastLoaded(threads)
    if (best !== undefined && (best.load === 0 || threads.length === count)) return best
    const started = startThread({
      start: { network: options.network, backend: options.backend },
      script: options.script ?? new URL('./worker.js', import.meta.url),
      keys,
      onDeath: (detail) => options.onDeath?.(detail),
    })
    threads.push(started)
    return started
  }

  function change(kid: string, key: Uint8Array | undefined): void {
    const bytes = fromHex(kid)
    assert(bytes?.length === 8, 'a kid is 16 hex digits')
    if (changes.length === 0) queueMicrotask(sendChanges)
    changes.push({ kid: bytes, key })
  }

  /** In one message: a fleet that is enrolled at once is one of them. */
  function sendChanges(): void {
    if (changes.length === 0) return
    const rows = packKeys(changes)
    for (const thread of threads) thread.changeKeys(rows)
    changes = []
  }

  /** The addon is loaded on this thread when it is first needed, not at start. */
  function backend(): Backend {
    local ??= loadBackend(options.backend)
    return local
  }

  return {
    check(messages) {
      assert(messages.length <= verifyBatchMax, `at most ${verifyBatchMax} messages at once`)
      sendChanges()
      return messages.length === 0 ? noResults() : thread().check(messages)
    },
    setKey(kid, key) {
      const copy = key.slice()
      keys.set(kid, copy)
      change(kid, copy)
    },
    removeKey(kid) {
      if (keys.delete(kid)) change(kid, undefined)
    },
    verifyNow: (signature, message, key) => backend().verifierOf(key)(signature, message),
    get pending() {
      return threads.reduce((sum, thread) => sum + thread.load, 0)
    },
    get backend() {
      return backend().name
    },
    threads: count,
    async close() {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

function leastLoaded(threads: readonly Thread[]): Thread | undefined {
  return threads.reduce<Thread | undefined>(
    (best, thread) => (best === undefined || thread.load < best.load ? thread : best),
    undefined,
  )
}

async function noResults(): Promise<Checked[]> {
  return []
}
