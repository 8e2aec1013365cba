/** A thread that signs and encodes one part of a message set. */
import { parentPort, workerData } from 'node:worker_threads'
import { assembleSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { kidOf } from '../../gateway/core/device/key.js'
import { encodePack, type Value } from '../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../gateway/core/senml/reading.js'
import { type BenchDevice, benchNetwork, deviceOf } from './device.js'
import type { Part, PartPlan, SetPlan } from './messageSet.js'
import { publishPacket } from './packets.js'

/** Sequence numbers of the benchmark begin here. */
const seqStart = 1_000

function makePart({ plan, from, to }: PartPlan): Part {
  const packets: Buffer[] = []
  const ends = new Uint32Array((to - from) * plan.each)
  let at = 0
  for (let connection = from; connection < to; connection++) {
    const device = deviceOf(connection)
    const make = plan.kind === 'signed' ? signedMaker(device, plan) : jsonMaker(device, plan)
    for (let i = 0; i < plan.each; i++) {
      const packet = make(i, (i % 65_535) + 1)
      at += packet.length
      ends[packets.length] = at
      packets.push(packet)
    }
  }
  return { packets: Buffer.concat(packets), ends }
}

type Maker = (i: number, packetId: number) => Buffer

/** Payloads by number: those of all devices are alike, and encoding costs more than signing. */
const payloads: Uint8Array[] = []

function signedMaker(device: BenchDevice, { records, startSec }: SetPlan): Maker {
  const kid = kidOf(device.publicKey)
  const topic = `fp1/${benchNetwork}/d/${device.id}/up/rd`
  return (i, packetId) => {
    const header = encodeReadingHeader({ alg: -8, kid, seq: seqStart + i })
    payloads[i] ??= encodePack(valuesOf(i, records, startSec))
    const payload = payloads[i]
    const signature = device.sign(toBeSigned('rd', benchNetwork, header, payload))
    return publishPacket(topic, packetId, assembleSign1(header, payload, signature))
  }
}

/** One temperature; or temperature and humidity of a few moments, as a board sends that saves its radio. */
function valuesOf(i: number, records: number, startSec: number): Value[] {
  if (records === 1)
    return [{ metric: 'temperature', time: startSec + i, value: { m: 150 + (i % 100), e: -1 } }]
  return Array.from({ length: records }, (_, k) => ({
    metric: k % 2 === 0 ? 'temperature' : 'humidity',
    time: startSec + Math.floor((i * records + k) / 2),
    value: { m: 150 + ((i + k) % 100), e: -1 },
  }))
}

function jsonMaker(device: BenchDevice, { startSec }: SetPlan): Maker {
  const topic = `sensors/${device.id}/temperature`
  return (i, packetId) => {
    const reading = { time: startSec + i, value: 15 + (i % 100) / 10, unit: 'Cel' }
    return publishPacket(topic, packetId, Buffer.from(JSON.stringify(reading)))
  }
}

parentPort!.postMessage(makePart(workerData as PartPlan))
