/** A verifier thread: takes key changes and batches in the order in which they were sent. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/failure.js'
import type { BackendName } from './backend.js'
import { checkPacked, type Detail } from './batch.js'
import { createChecker } from './checker.js'
import { unpackKeys } from './keyRows.js'
import { loadBackend } from './loadBackend.js'

export interface WorkerStart {
  network: string
  backend: BackendName | undefined
}

/** Packed key changes, or a packed batch. */
export type ToWorker = { keys: Uint8Array } | { id: number; packed: ArrayBuffer }

export interface FromWorker {
  id: number
  rows: ArrayBuffer
  details: Detail[]
}

const { network, backend } = workerData as WorkerStart
const port = parentPort
assert(port !== null, 'the verifier worker runs as a thread')
const checker = createChecker(network, loadBackend(backend))

port.on('message', (message: ToWorker) => {
  if ('keys' in message) {
    for (const { kid, key } of unpackKeys(message.keys)) checker.setKey(kid, key)
    return
  }
  const { rows, details } = checkPacked(message.packed, checker)
  const answer: FromWorker = { id: message.id, rows, details }
  port.postMessage(answer, [rows])
})
