import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { signerOf } from '../../gateway/adapters/system/signer.js'
import { toHex } from '../../gateway/core/bytes.js'
import { parseSign1 } from '../../gateway/core/cose/sign1.js'
import { deviceIdOf, kidOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { parseReadingHeader } from '../../gateway/core/senml/reading.js'
import type { RunningGateway } from '../support/gateway.js'
import { connectDevice, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

/** Messages of one device in flight: enough that a kill finds some at every step. */
const inFlight = 16

/** A device that sends until its gateway dies, and the same bytes again to the next one. */
export interface Sender {
  holder: KeyHolder
  id: string
  /** Leaf in hex by sequence, of everything that was ever sent. */
  sent: Map<number, string>
  acknowledged: Set<number>
  /** Bytes that have no acknowledgement yet, by sequence. */
  waiting: Map<number, Uint8Array>
  nextSeq: number
}

export function senderOf(label: string): Sender {
  const holder = signerOf(createHash('sha256').update(label).digest())
  return {
    holder,
    id: deviceIdOf(holder.publicKey),
    sent: new Map(),
    acknowledged: new Set(),
    waiting: new Map(),
    nextSeq: 1,
  }
}

/**
 * Sends `count` new messages, or without end, after what still waits; resolves when all of them are
 * acknowledged or the connection is gone.
 */
export async function sendThrough(
  gateway: Pick<RunningGateway, 'mqttPort'>,
  sender: Sender,
  count = Number.POSITIVE_INFINITY,
): Promise<void> {
  const device = await connectDevice(gateway, sender.holder).catch(() => undefined)
  if (!device) return
  const queue = [...sender.waiting.keys()]
  let left = count
  const worker = async (): Promise<void> => {
    for (;;) {
      const seq = queue.shift() ?? (left-- > 0 ? make(sender) : undefined)
      if (seq === undefined) return
      await device.send(sender.waiting.get(seq)!)
      sender.acknowledged.add(seq)
      sender.waiting.delete(seq)
    }
  }
  // A rejection is a lost connection: what waits is sent again to the next gateway.
  await Promise.all(Array.from({ length: inFlight }, () => worker().catch(() => undefined)))
  device.client.end(true)
}

function make(sender: Sender): number {
  const seq = sender.nextSeq++
  const time = Math.floor(Date.now() / 1000)
  const value = { m: (seq % 9) + 1, e: -1 }
  const bytes = readingOf(sender.holder, testNetwork, seq, [{ metric: 'temperature', time, value }])
  sender.sent.set(seq, toHex(leafHash(bytes)))
  sender.waiting.set(seq, bytes)
  return seq
}

/**
 * What must hold of a journal whose gateway is not running: every acknowledged message once, nothing
 * twice, nothing that was not sent. Returns what does not, in words.
 */
export async function violations(dataDir: string, senders: readonly Sender[]): Promise<string[]> {
  const found: string[] = []
  const byKid = new Map(senders.map((one) => [toHex(kidOf(one.holder.publicKey)), one]))
  const seen = new Map(senders.map((one) => [one, new Set<number>()]))
  const journal = await openJournal({
    folder: join(dataDir, 'journal'),
    clock: systemClock,
    fatal: (failure) => found.push(failure.message),
  })
  for await (const entry of journal.scan(0)) {
    if (entry.kind !== 'rd' || !entry.bytes) continue
    const sign1 = parseSign1(entry.bytes)
    const header = sign1.ok ? parseReadingHeader(sign1.value.protectedBytes) : sign1
    const sender = header.ok ? byKid.get(toHex(header.value.kid)) : undefined
    if (!header.ok || !sender) {
      found.push(`entry ${entry.index} is of nobody`)
      continue
    }
    const { seq } = header.value
    if (seen.get(sender)?.has(seq)) found.push(`${sender.id} #${seq} is there twice`)
    if (sender.sent.get(seq) !== toHex(leafHash(entry.bytes)))
      found.push(`${sender.id} #${seq} was never sent`)
    seen.get(sender)?.add(seq)
  }
  await journal.close()
  for (const sender of senders)
    for (const seq of sender.acknowledged)
      if (!seen.get(sender)?.has(seq))
        found.push(`${sender.id} #${seq} was acknowledged and is lost`)
  return found
}
