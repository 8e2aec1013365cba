/**
 * The limit: verification alone, on all cores, of the same messages. Nothing is decoded, stored or
 * sent.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

export interface LimitRun {
  perSec: number
  /** Processor time of one verification, microseconds. */
  cpuUs: number
}

export interface Limit {
  /** Verifies for about `ms`. */
  measure(ms: number): Promise<LimitRun>
  stop(): Promise<void>
}

/** Threads that hold the messages of a set, each its part. */
export async function startLimit(folder: string): Promise<Limit> {
  const threads = availableParallelism()
  const script = new URL('verifyAlone.js', import.meta.url)
  const workers = Array.from(
    { length: threads },
    (_, i) =>
      new Worker(script, { workerData: { folder, from: i, step: threads } satisfies ShareOfSet }),
  )
  await Promise.all(workers.map(said))
  return {
    async measure(ms) {
      const counts = workers.map(said)
      const before = process.cpuUsage()
      const startMs = performance.now()
      for (const worker of workers) worker.postMessage(ms)
      const count = (await Promise.all(counts)).reduce((sum, one) => sum + one, 0)
      const { user, system } = process.cpuUsage(before)
      const perSec = (count * 1000) / (performance.now() - startMs)
      return { perSec, cpuUs: (user + system) / count }
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** What one thread verifies: each `step`-th message of a set, beginning with `from`. */
export interface ShareOfSet {
  folder: string
  from: number
  step: number
}

function said(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
