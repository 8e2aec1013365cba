/**
 * One worker thread and the batches it has. A thread that dies is started again with the whole key
 * table, and its batches are sent again; so this keeps the messages until their answer is there.
 */
import { Worker } from 'node:worker_threads'
import { fromHex } from '../../core/bytes.js'
import { assert, messageOf } from '../../core/failure.js'
import type { Checked } from '../../ports/verifier.js'
import { packMessages, unpackRows } from './batch.js'
import { packKeys } from './keyRows.js'
import type { FromWorker, ToWorker, WorkerStart } from './worker.js'

/** Threads need little: a batch is some kB, and the key table is small. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 }
/** A batch that threads died of this often is checked message by message. */
const deathsMax = 2
const restartDelayMsMax = 1_000

interface Batch {
  messages: readonly Uint8Array[]
  deaths: number
  resolve(checked: Checked[]): void
}

export interface ThreadParts {
  start: WorkerStart
  /** The compiled worker; another one in tests that break it. */
  script: URL
  /** Every key, kid in hex: what a new thread begins with. */
  keys: ReadonlyMap<string, Uint8Array>
  /** A thread died; it is started again. */
  onDeath(detail: string): void
}

export interface Thread {
  /** Messages handed over and not yet returned. */
  readonly load: number
  check(messages: readonly Uint8Array[]): Promise<Checked[]>
  /** `packKeys` of what has changed. */
  changeKeys(keys: Uint8Array): void
  close(): Promise<void>
}

export function startThread(parts: ThreadParts): Thread {
  const batches = new Map<number, Batch>()
  let worker: Worker | undefined
  let restart: NodeJS.Timeout | undefined
  let nextId = 0
  let load = 0
  /** Deaths since the last answer: the first restart is at once, the next ones wait. */
  let deaths = 0
  let isClosed = false

  function open(): void {
    const started = new Worker(parts.script, {
      workerData: parts.start,
      resourceLimits,
    })
    let reason = ''
    started.on('message', answered)
    started.on('error', (error) => {
      reason = messageOf(error)
    })
    started.on('exit', (code) => {
      if (!isClosed) died(reason || `exit code ${code}`)
    })
    worker = started
    const keys = packKeys([...parts.keys].map(([kid, key]) => ({ kid: fromHex(kid)!, key })))
    if (keys.length > 0) post({ keys })
    for (const [id, batch] of batches) sendBatch(id, batch)
  }

  function post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    worker?.postMessage(message, transfer)
  }

  function sendBatch(id: number, batch: Batch): void {
    const packed = packMessages(batch.messages)
    post({ id, packed }, [packed])
  }

  function answered({ id, rows, details }: FromWorker): void {
    const batch = batches.get(id)
    assert(batch !== undefined, 'a thread answers each batch once')
    batches.delete(id)
    deaths = 0
    load -= batch.messages.length
    batch.resolve(unpackRows(rows, details))
  }

  /** Batches are worked on in order, so it was the oldest one that the thread died of, if of any. */
  function died(detail: string): void {
    worker = undefined
    parts.onDeath(detail)
    const [oldest] = batches
    if (oldest !== undefined && ++oldest[1].deaths >= deathsMax) isolate(...oldest)
    const delayMs = deaths === 0 ? 0 : Math.min(restartDelayMsMax, 10 * 2 ** deaths)
    deaths++
    restart = setTimeout(open, delayMs)
  }

  /** Finds the message that kills threads, so that those beside it get their answer. */
  function isolate(id: number, { messages, resolve }: Batch): void {
    batches.delete(id)
    load -= messages.length
    if (messages.length === 1) {
      resolve([{ form: 'malformed', detail: 'the verifier fails on this message' }])
      return
    }
    const singles = messages.map(
      (message) =>
        new Promise<Checked[]>((done) => hold({ messages: [message], deaths: 0, resolve: done })),
    )
    void Promise.all(singles).then((results) => resolve(results.flat()))
  }

  function hold(batch: Batch): number {
    const id = nextId++
    batches.set(id, batch)
    load += batch.messages.length
    return id
  }

  open()
  return {
    get load() {
      return load
    },
    check: (messages) =>
      new Promise((resolve) => {
        const batch: Batch = { messages, deaths: 0, resolve }
        sendBatch(hold(batch), batch)
      }),
    changeKeys: (keys) => post({ keys }),
    async close() {
      isClosed = true
      clearTimeout(restart)
      await worker?.terminate()
    },
  }
}
