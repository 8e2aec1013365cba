/**
 * The load generator, a process of its own: sends the packets of a set over raw sockets, up to
 * `window` of each connection in flight, and counts PUBACKs. It shares the machine with what it
 * measures, so it does nothing twice: packets are slices of a file, and what PUBACKs allow goes out
 * in one write.
 *
 * Says `ready` once every connection is logged in; on `go` sends; says `warm` when the first part is
 * acknowledged, and `done` with the milliseconds from there to the last PUBACK. With `everyMs` each
 * connection sends at that pace, whatever is acknowledged, and `puback50` and `puback99` say how long
 * PUBACKs took, ms.
 */
import { connect, type Socket } from 'node:net'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { argumentOf, say, when } from './child.js'
import { benchNetwork, deviceOf } from './device.js'
import { type MessageSet, readSet } from './messageSet.js'
import { connectPacket } from './packets.js'
import type { SenderPlan } from './sender.js'

/** Logins under way at once: below the backlog of a listening socket. */
const loginsMax = 100

const plan = argumentOf<SenderPlan>()
const set = readSet(plan.set)
const total = set.connections * set.each
let acknowledged = 0
let warmAtMs = 0
/** Of every message that was sent at a pace. */
const tookMs: number[] = []

function noted(count: number): void {
  const before = acknowledged
  acknowledged += count
  if (before < plan.warmUp && acknowledged >= plan.warmUp) {
    warmAtMs = performance.now()
    say('warm', acknowledged)
  }
  if (acknowledged < total) return
  if (tookMs.length > 0) {
    tookMs.sort((a, b) => a - b)
    for (const percent of [50, 99])
      say(`puback${percent}`, tookMs[Math.floor((tookMs.length * percent) / 100)]!)
  }
  say('done', performance.now() - warmAtMs)
}

/** Logs in and answers with a function that begins to send. */
function open(connection: number): Promise<() => void> {
  const device = deviceOf(connection)
  const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
  socket.write(connectPacket(device.id, encodeConnectToken(device, benchNetwork)))
  socket.once('close', () => fail(`connection ${connection} was closed`))
  socket.once('error', (error) => fail(error.message))
  return new Promise((resolve) => {
    socket.once('data', (chunk) => {
      if (chunk.length !== 4 || chunk[0] !== 0x20 || chunk[3] !== 0) fail('login refused')
      resolve(senderOf(set, connection, socket))
    })
  })
}

/** Sends the packets of one connection, the next ones as PUBACKs come. */
function senderOf({ packets, ends, each }: MessageSet, connection: number, socket: Socket) {
  const first = connection * each
  const last = first + each
  let next = first
  let partial = 0
  const { everyMs } = plan
  const sentAtMs: number[] = []
  const send = (count: number): void => {
    const to = Math.min(last, next + count)
    if (to === next) return
    socket.write(packets.subarray(next === 0 ? 0 : ends[next - 1]!, ends[to - 1]!))
    next = to
  }
  socket.on('data', (chunk) => {
    // Nothing is subscribed to, so PUBACKs of 4 bytes are all that comes.
    if (partial === 0 && chunk[0] !== 0x40) fail('something else than a PUBACK came')
    const count = (partial + chunk.length) >> 2
    partial = (partial + chunk.length) & 3
    if (everyMs === undefined) send(count)
    else {
      const nowMs = performance.now()
      for (const sentMs of sentAtMs.splice(0, count)) tookMs.push(nowMs - sentMs)
    }
    noted(count)
  })
  if (everyMs === undefined) return () => send(plan.window)
  return () => {
    const sendOne = (): void => {
      if (next === last) {
        clearInterval(timer)
        return
      }
      sentAtMs.push(performance.now())
      send(1)
    }
    // Spread over the period, as devices are that were switched on at any time.
    let timer: NodeJS.Timeout | undefined
    setTimeout(
      () => {
        timer = setInterval(sendOne, everyMs)
      },
      (everyMs * connection) / set.connections,
    )
  }
}

function fail(text: string): never {
  console.error(`load generator: ${text} after ${acknowledged} of ${total} messages`)
  process.exit(1)
}

const senders: (() => void)[] = []
for (let from = 0; from < set.connections; from += loginsMax) {
  const count = Math.min(loginsMax, set.connections - from)
  senders.push(...(await Promise.all(Array.from({ length: count }, (_, i) => open(from + i)))))
}
when('go', () => {
  for (const start of senders) start()
})
say('ready')
