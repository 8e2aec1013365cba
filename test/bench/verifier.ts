/**
 * Readings per second: sodium alone on one and two threads (the limit), the checker on this thread,
 * and the whole pool.
 *
 *   node dist/test/bench/verifier.js
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { checkPacked, packMessages, unpackRows } from '../../gateway/adapters/verifier/batch.js'
import { createChecker } from '../../gateway/adapters/verifier/checker.js'
import { loadBackend } from '../../gateway/adapters/verifier/loadBackend.js'
import { createVerifier } from '../../gateway/adapters/verifier/pool.js'
import { toHex } from '../../gateway/core/bytes.js'
import { assembleSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { kidOf } from '../../gateway/core/device/key.js'
import { encodePack } from '../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../gateway/core/senml/reading.js'

const network = 'bench'
const devices = 100
const messagesPerDevice = 20
const batchSize = 64
const rounds = 3

interface Sample {
  message: Uint8Array
  signed: Uint8Array
  signature: Uint8Array
  key: Uint8Array
}

function rawKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32))
}

function samples(records: number): Sample[] {
  const out: Sample[] = []
  for (let device = 0; device < devices; device++) {
    const pair = generateKeyPairSync('ed25519')
    const secret = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const key = rawKey(pair.publicKey)
    for (let seq = 0; seq < messagesPerDevice; seq++) {
      const header = encodeReadingHeader({ alg: -8, kid: kidOf(key), seq: 70_000 + seq })
      const payload = encodePack(
        Array.from({ length: records }, (_, i) => ({
          metric: 'temperature',
          time: 1_762_000_000 + i,
          value: { m: 215, e: -1 },
        })),
      )
      const signed = toBeSigned('rd', network, header, payload)
      const signature = new Uint8Array(sign(null, signed, secret))
      out.push({ message: assembleSign1(header, payload, signature), signed, signature, key })
    }
  }
  return out
}

/** Messages per second of the median round. */
async function rate(count: number, run: () => void | Promise<void>): Promise<number> {
  const results: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    await run()
    // The first round warms up.
    if (round > 0) results.push((count * 1000) / (performance.now() - start))
  }
  return results.sort((a, b) => a - b)[Math.floor(results.length / 2)]!
}

function verifyAll(all: readonly Sample[]): void {
  const backend = loadBackend()
  const keys = new Map(all.map(({ key }) => [toHex(key), backend.verifierOf(key)]))
  const bound = all.map(({ key }) => keys.get(toHex(key))!)
  for (const [i, { signature, signed }] of all.entries())
    if (!bound[i]!(signature, signed)) throw new Error('a signature does not verify')
}

/** Sodium alone on several threads, without any of our own work. */
async function verifyOnThreads(all: readonly Sample[], threads: number): Promise<number> {
  const part = Math.ceil(all.length / threads)
  const workers = Array.from(
    { length: threads },
    (_, i) =>
      new Worker(new URL(import.meta.url), {
        workerData: all.slice(i * part, (i + 1) * part),
      }),
  )
  const once = () =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            worker.once('message', () => resolve())
            worker.postMessage('go')
          }),
      ),
    )
  const result = await rate(all.length, async () => void (await once()))
  await Promise.all(workers.map((worker) => worker.terminate()))
  return result
}

function batchesOf(all: readonly Sample[]): Uint8Array[][] {
  const batches: Uint8Array[][] = []
  for (let i = 0; i < all.length; i += batchSize)
    batches.push(all.slice(i, i + batchSize).map(({ message }) => message))
  return batches
}

async function bench(records: number): Promise<void> {
  const all = samples(records)
  const batches = batchesOf(all)
  const keys = new Map(all.map(({ key }) => [toHex(kidOf(key)), key]))
  const alone = await rate(all.length, () => verifyAll(all))
  const two = await verifyOnThreads(all, 2)

  const checker = createChecker(network, loadBackend())
  for (const key of keys.values()) checker.setKey(kidOf(key), key)
  const checked = await rate(all.length, () => {
    for (const batch of batches) checkPacked(packMessages(batch), checker)
  })
  const unsigned = createChecker(network, {
    name: 'node',
    verifierOf: () => () => true,
  })
  for (const key of keys.values()) unsigned.setKey(kidOf(key), key)
  const form = await rate(all.length, () => {
    for (let i = 0; i < 5; i++)
      for (const batch of batches) checkPacked(packMessages(batch), unsigned)
  })
  const rows = batches.map((batch) => checkPacked(packMessages(batch), checker))
  const main = await rate(all.length, () => {
    for (let i = 0; i < 20; i++)
      for (const [at, batch] of batches.entries()) {
        packMessages(batch)
        unpackRows(rows[at]!.rows, rows[at]!.details)
      }
  })
  const before = process.memoryUsage().rss
  const verifier = createVerifier({ network, threads: 2 })
  for (const [kid, key] of keys) verifier.setKey(kid, key)
  const pool = await rate(all.length, async () => {
    await Promise.all(batches.map((batch) => verifier.check(batch)))
  })
  const rss = process.memoryUsage().rss - before
  await verifier.close()
  const us = (perSecond: number) => (1e6 / perSecond).toFixed(1)
  console.log(
    [
      `${records} record(s), ${all[0]!.message.length} bytes a message, ${verifier.backend}`,
      `  verification alone, 1 thread   ${alone.toFixed(0)}/s  ${us(alone)} us`,
      `  verification alone, 2 threads  ${two.toFixed(0)}/s`,
      `  checker, 1 thread              ${checked.toFixed(0)}/s  ${us(checked)} us`,
      `  checker without verification   ${us(form * 5)} us a message`,
      `  main thread, pack and unpack   ${us(main * 20)} us a message`,
      `  pool, 2 threads                ${pool.toFixed(0)}/s  ${(pool / two).toFixed(2)} of the limit`,
      `  memory of the pool             ${(rss / 1e6).toFixed(0)} MB`,
    ].join('\n'),
  )
}

if (isMainThread) {
  await bench(1)
  await bench(10)
} else {
  const all = workerData as Sample[]
  parentPort?.on('message', () => {
    verifyAll(all)
    parentPort?.postMessage('done')
  })
}
