/**
 * What one reading costs the main thread in MQTT alone: a load generator in a process of its own sends
 * encoded QoS 1 PUBLISH packets, 128 in flight per connection, and counts PUBACKs; the verdict is there
 * at once. Three brokers: aedes as it is, aedes with the verdict inside `authorizePublish` and `publish`
 * skipped, and the embedded broker of the gateway.
 *
 *   node dist/test/bench/mqtt.js [messages]
 */
import { fork } from 'node:child_process'
import { type AddressInfo, connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Aedes } from 'aedes'
import { openEmbeddedBroker } from '../../gateway/adapters/mqtt/broker.js'
import { toBase32 } from '../../gateway/core/bytes.js'
import type { Intake } from '../../gateway/ports/intake.js'

const brokers = ['aedes', 'aedes-hook', 'gateway'] as const
const connectionCounts = [1, 100, 1_000]
const messageBytes = 116
const window = 128
const network = 'bench'
const file = fileURLToPath(import.meta.url)

function deviceName(index: number): string {
  return toBase32(new Uint8Array(new Float64Array([index + 1]).buffer))
}

/** Starts one of the brokers; resolves with its port. */
async function startBroker(kind: (typeof brokers)[number]): Promise<number> {
  if (kind === 'gateway') {
    const broker = openEmbeddedBroker({
      network,
      gatewayId: deviceName(5_000),
      host: '127.0.0.1',
      port: 0,
      intake: instantIntake,
      clock: { now: Date.now, monotonic: () => performance.now() },
    })
    await broker.start()
    return broker.listeners()[0]!.port
  }
  const broker = new (kind === 'aedes' ? Aedes : Hooked)({})
  await broker.listen()
  const server = createServer({ noDelay: true }, broker.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const instantIntake: Intake = {
  submit: (message) => message.done('accepted', { device: undefined, seq: 1, leaf: undefined }),
  enrol: () => Promise.reject(new Error('not here')),
  knows: () => 'active',
  time: () => undefined,
  login: async (name) => ({ role: 'device', name }),
  refused: (_transport, reason) => console.error('refused', reason),
}

/** The other way: the verdict inside the hook, and no routing. */
class Hooked extends Aedes {
  override authorizePublish: Aedes['authorizePublish'] = (_client, packet, done) => {
    done(packet.topic.endsWith('/rd') ? null : new Error('not authorized'))
  }

  override publish(packet: Parameters<Aedes['publish']>[0], ...rest: unknown[]): void {
    const done = rest.at(-1) as (error?: Error) => void
    if (packet.topic.endsWith('/rd')) done()
    else Reflect.apply(super.publish, this, [packet, ...rest])
  }
}

/** The load generator: says `ready` when all are logged in, starts on `go`, says `done`. */
function generate(port: number, connections: number, messages: number): void {
  process.setMaxListeners(0)
  const each = Math.floor(messages / connections)
  let open = 0
  let finished = 0
  for (let index = 0; index < connections; index++) {
    const name = deviceName(index)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const one = publishPacket(`fp1/${network}/d/${name}/up/rd`)
    let sent = 0
    let received = 0
    const send = (wanted: number) => {
      const count = Math.min(wanted, each - sent)
      if (count <= 0) return
      const bytes = Buffer.alloc(count * one.length)
      for (let i = 0; i < count; i++) {
        one.copy(bytes, i * one.length)
        bytes.writeUInt16BE((++sent % 65_535) + 1, (i + 1) * one.length - messageBytes - 2)
      }
      socket.write(bytes)
    }
    socket.write(connectPacket(name))
    process.on('message', () => send(window))
    socket.on('data', (chunk) => {
      // CONNACK and PUBACK have four bytes each.
      const before = received >> 2
      received += chunk.length
      const now = received >> 2
      if (before === 0 && ++open === connections) process.send?.('ready')
      send(now - Math.max(before, 1))
      if (now === each + 1 && ++finished === connections) process.send?.('done')
    })
  }
}

function publishPacket(topic: string): Buffer {
  const body = Buffer.concat([text(topic), Buffer.from([0, 1]), Buffer.alloc(messageBytes, 0xa5)])
  return Buffer.concat([Buffer.from([0x32, (body.length & 127) | 128, body.length >> 7]), body])
}

function connectPacket(name: string): Buffer {
  const body = [text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text(name), text(name), text('x')]
  const bytes = Buffer.concat(body)
  return Buffer.concat([Buffer.from([0x10, bytes.length]), bytes])
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
}

/** One broker under one load, in this process; prints its row. */
async function measure(kind: (typeof brokers)[number], connections: number, messages: number) {
  const port = await startBroker(kind)
  const load = fork(file, ['load', `${port}`, `${connections}`, `${messages}`])
  const says = (what: string) =>
    new Promise<void>((resolve) => load.on('message', (said) => said === what && resolve()))
  const done = says('done')
  await says('ready')
  const before = process.cpuUsage()
  const startMs = performance.now()
  load.send('go')
  await done
  const seconds = (performance.now() - startMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  load.kill()
  const columns = [
    kind.padEnd(11),
    `${connections}`.padStart(11),
    ((user + system) / messages).toFixed(2).padStart(12),
    Math.round(messages / seconds)
      .toString()
      .padStart(11),
    (process.memoryUsage.rss() / 1e6).toFixed(0).padStart(7),
  ]
  console.log(columns.join(' '))
}

const [first, ...rest] = process.argv.slice(2)
if (first === 'load') {
  generate(Number(rest[0]), Number(rest[1]), Number(rest[2]))
} else if (first === 'broker') {
  await measure(rest[0] as (typeof brokers)[number], Number(rest[1]), Number(rest[2]))
  process.exit()
} else {
  console.log('broker      connections CPU us/msg   messages/s  RSS MB')
  for (const connections of connectionCounts)
    for (const kind of brokers) {
      const run = fork(file, ['broker', kind, `${connections}`, first ?? '200000'])
      await new Promise((resolve) => run.once('exit', resolve))
    }
}
