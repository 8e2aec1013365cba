/** A thread that does nothing but verify: one share of a set, for some ms each time it is asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadBackend } from '../../gateway/adapters/verifier/loadBackend.js'
import { parseSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { benchNetwork, deviceOf } from './device.js'
import type { ShareOfSet } from './limit.js'
import { readSet } from './messageSet.js'
import { payloadStart } from './packets.js'

const checksPerLook = 100

/** The checks of a share, with everything decoded that a verifier needs. */
function checksOf({ folder, from, step }: ShareOfSet): (() => boolean)[] {
  const { packets, ends, connections, each } = readSet(folder)
  const backend = loadBackend()
  const verifiers = Array.from({ length: connections }, (_, i) =>
    backend.verifierOf(deviceOf(i).publicKey),
  )
  const checks: (() => boolean)[] = []
  for (let i = from; i < ends.length; i += step) {
    const packet = packets.subarray(i === 0 ? 0 : ends[i - 1]!, ends[i]!)
    const sign1 = parseSign1(Uint8Array.from(packet.subarray(payloadStart(packet))))
    if (!sign1.ok) throw new Error(sign1.detail)
    const { protectedBytes, payload, signature } = sign1.value
    const signed = toBeSigned('rd', benchNetwork, protectedBytes, payload)
    const verify = verifiers[Math.floor(i / each)]!
    checks.push(() => verify(signature, signed))
  }
  return checks
}

const checks = checksOf(workerData as ShareOfSet)
let next = 0

/** How many checks were done. */
function checkFor(ms: number): number {
  const startMs = performance.now()
  let count = 0
  for (; performance.now() - startMs < ms; count += checksPerLook) {
    for (let i = 0; i < checksPerLook; i++) {
      if (!checks[next]!()) throw new Error('a signature does not verify')
      next = (next + 1) % checks.length
    }
  }
  return count
}

parentPort!.on('message', (ms: number) => parentPort!.postMessage(checkFor(ms)))
parentPort!.postMessage(0)
