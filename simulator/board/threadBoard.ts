/** An emulated board that runs in a thread of its own. */
import { Worker } from 'node:worker_threads'
import type { BoardHost, EmulatedBoard } from './board.js'
import type { Order, Report } from './chipThread.js'

/** Starts the thread of this file with what it begins with. */
export function startInThread(file: URL, beginning: unknown, host: BoardHost): EmulatedBoard {
  const worker = new Worker(file, { workerData: beginning })
  const order = (what: Order): void => worker.postMessage(what)
  let isStopped = false
  worker.on('message', (report: Report) => {
    if (isStopped) return
    if ('saved' in report) host.saved?.(report.saved)
    else host.sent(report.sent)
  })
  worker.on('error', (error) => {
    host.failed(error instanceof Error ? error : new Error(String(error)))
  })
  return {
    write: (bytes) => order({ receive: bytes }),
    restart: () => order('restart'),
    stop: async () => {
      isStopped = true
      await worker.terminate()
    },
  }
}
