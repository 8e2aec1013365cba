/** Ends the thread it is loaded in at two messages: at one of them once, at the other one always. */
import { existsSync, writeFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { ToWorker } from '../../../gateway/adapters/verifier/worker.js'

/** The network names a file, made by the first thread that dies of `break once`. */
const { network } = workerData as { network: string }

parentPort?.on('message', (message: ToWorker) => {
  if (!('packed' in message)) return
  const text = Buffer.from(message.packed).toString('latin1')
  if (text.includes('break always')) process.exit(3)
  if (text.includes('break once') && !existsSync(network)) {
    writeFileSync(network, '')
    throw new Error('broken once')
  }
})
