/**
 * Buyers, a process of its own: each logs in, pays for live rows and listens; on `go` they ask in turn,
 * so many times a second in all, and the time from each request to its answer is kept. Raw sockets, as
 * in the load generator: this process shares the machine with what is measured.
 *
 * Says `ready` once all listen, `warm` after the answers of the first seconds, which are not counted;
 * on `stop` says `answers`, `refused`, how many had a proof (`proved`), and the times `median`, `p99`, ms.
 */
import { connect, type Socket } from 'node:net'
import { argumentOf, say, when } from './child.js'
import { benchNetwork } from './device.js'
import {
  connectPacket,
  packetsIn,
  pubackPacket,
  publishPacket,
  readPublish,
  subscribePacket,
} from './packets.js'

export interface BuyersPlan {
  port: number
  buyers: { name: string; token: string }[]
  perSec: number
  /** What each asks for. */
  query: object
  live: { metric: string; cell: string; step: number }
}

/** Until the gateway has compiled what answers: a gateway that runs for months does so once. */
const warmSec = 15
/** Logins under way at once. */
const loginsMax = 50
const root = `fp1/${benchNetwork}`
const plan = argumentOf<BuyersPlan>()
const askedAt = new Map<string, number>()
const times: number[] = []
let warming = plan.perSec * warmSec
let refused = 0
let proved = 0

interface Buyer {
  /** `request`: its other members as JSON, without braces. */
  ask(id: string, request: string): void
}

/** Resolves once the buyer's subscription to live rows is answered. */
function open({ name, token }: BuyersPlan['buyers'][number]): Promise<Buyer> {
  const { metric, cell, step } = plan.live
  const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
  const topic = `${root}/b/${name}/req`
  const buyer: Buyer = {
    ask(id, request) {
      socket.write(publishPacket(topic, 1, Buffer.from(`{"v":1,"id":"${id}",${request}}`)))
    },
  }
  for (const event of ['close', 'error'] as const)
    socket.once(event, () => fail(`the connection of ${name} ended`))
  socket.write(connectPacket(name, token, 600))
  socket.write(subscribePacket(`${root}/b/${name}/res/+`))
  const q = { metric, cells: [cell] }
  buyer.ask('live', membersOf({ op: 'subscribe', q, maxCost: 1_000 }))
  return new Promise((resolve) => {
    listen(socket, (id) => {
      if (id !== 'live') return
      socket.write(subscribePacket(`${root}/live/${metric}/${cell}/${step}`))
      resolve(buyer)
    })
  })
}

/** Acknowledges what comes, and takes the time of answers; `answered` is called with their ids. */
function listen(socket: Socket, answered: (id: string) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let end = 0
    for (const packet of packetsIn(bytes)) {
      end = packet.end
      const publish = readPublish(bytes, packet)
      if (publish === undefined) continue
      socket.write(pubackPacket(publish.id))
      const at = publish.topic.indexOf('/res/')
      if (at < 0) continue
      const id = publish.topic.slice(at + 5)
      noted(id, publish.payload)
      answered(id)
    }
    rest = Buffer.from(bytes.subarray(end))
  })
}

function noted(id: string, payload: Buffer): void {
  if (!payload.includes('"ok":true')) refused++
  const at = askedAt.get(id)
  if (at === undefined) return
  askedAt.delete(id)
  if (warming > 0) {
    warming--
    if (warming === 0) say('warm')
    return
  }
  if (payload.includes('"proof":[{')) proved++
  times.push(performance.now() - at)
}

function membersOf(request: object): string {
  return JSON.stringify(request).slice(1, -1)
}

function fail(text: string): never {
  console.error(`buyers: ${text} after ${times.length} answers`)
  process.exit(1)
}

const buyers: Buyer[] = []
for (let from = 0; from < plan.buyers.length; from += loginsMax)
  buyers.push(...(await Promise.all(plan.buyers.slice(from, from + loginsMax).map(open))))

const query = membersOf({ op: 'query', q: plan.query, proof: true })
let asked = 0
let timer: NodeJS.Timeout | undefined
when('go', () => {
  const startMs = performance.now()
  timer = setInterval(() => {
    const due = ((performance.now() - startMs) * plan.perSec) / 1_000
    for (; asked < due; asked++) {
      const id = `q${asked}`
      askedAt.set(id, performance.now())
      buyers[asked % buyers.length]!.ask(id, query)
    }
  }, 10)
})
when('stop', () => {
  clearInterval(timer)
  times.sort((a, b) => a - b)
  say('refused', refused)
  say('proved', proved)
  say('median', times[times.length >> 1] ?? 0)
  say('p99', times[Math.floor(times.length * 0.99)] ?? 0)
  say('answers', times.length)
})
say('ready')
