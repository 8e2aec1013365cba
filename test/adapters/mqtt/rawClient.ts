import { connect, type Socket } from 'node:net'
import { until } from '../../support/gateway.js'

/** A packet as it came: type, flags and body. */
export interface RawPacket {
  type: number
  flags: number
  body: Buffer
}

/** An MQTT client that writes whatever it is told to: for what no honest client sends. */
export interface RawClient {
  readonly socket: Socket
  readonly packets: RawPacket[]
  readonly closed: boolean
  send(...bytes: Uint8Array[]): void
  /** Resolves when the broker has ended the connection. */
  gone(): Promise<void>
  /** Resolves with the first packet of that type that was not taken yet. */
  take(type: number): Promise<RawPacket>
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const packets: RawPacket[] = []
  let rest = Buffer.alloc(0)
  let closed = false
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let next = split(rest); next !== undefined; next = split(rest)) {
      packets.push(next.packet)
      rest = rest.subarray(next.length)
    }
  })
  socket.on('error', () => {
    closed = true
  })
  socket.on('close', () => {
    closed = true
  })
  await until('a connection', () => closed || !socket.connecting, { everyMs: 1 })
  return {
    socket,
    packets,
    get closed() {
      return closed
    },
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    gone: async () => void (await until('the broker to hang up', () => closed, { everyMs: 1 })),
    async take(type) {
      await until(
        `a packet of type ${type}`,
        () => packets.some((packet) => packet.type === type),
        {
          everyMs: 1,
          detail: () => `closed: ${closed}, got ${packets.map((packet) => packet.type)}`,
        },
      )
      return packets.splice(
        packets.findIndex((packet) => packet.type === type),
        1,
      )[0]!
    },
  }
}

/** An opened session; fails where the broker refuses it. */
export async function openSession(port: number, name: string): Promise<RawClient> {
  const client = await openRaw(port)
  client.send(connectPacket(name))
  const connack = await client.take(2)
  if (connack.body[1] !== 0) throw new Error(`refused with ${connack.body[1]}`)
  return client
}

export interface ConnectOptions {
  password?: string
  clientId?: string
  will?: { topic: string; payload: string; qos?: number; retain?: boolean }
  keepAliveSec?: number
  version?: number
}

export function connectPacket(name: string, options: ConnectOptions = {}): Buffer {
  const { will, password = 'secret', clientId = name, keepAliveSec = 60, version = 4 } = options
  const willFlags = will && 4 | ((will.qos ?? 1) << 3) | (will.retain === false ? 0 : 32)
  return packet(
    0x10,
    text('MQTT'),
    Buffer.from([version, 0xc2 | (willFlags ?? 0), keepAliveSec >> 8, keepAliveSec & 255]),
    text(clientId),
    ...(will ? [text(will.topic), text(will.payload)] : []),
    text(name),
    text(password),
  )
}

/** A PUBLISH; the topic may be bytes that are no text. */
export function publishPacket(
  topic: string | Buffer,
  payload: Buffer,
  { qos = 1, id = 1, retain = false }: { qos?: number; id?: number; retain?: boolean } = {},
): Buffer {
  const head = 0x30 | (qos << 1) | (retain ? 1 : 0)
  return packet(head, text(topic), ...(qos > 0 ? [uint16(id)] : []), payload)
}

export function subscribePacket(filters: readonly (string | Buffer)[], qos = 1, id = 1): Buffer {
  return packet(
    0x82,
    uint16(id),
    ...filters.flatMap((filter) => [text(filter), Buffer.from([qos])]),
  )
}

/** A packet with its remaining length (MQTT 3.1.1 section 2.2.3). */
export function packet(head: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([fixedHeader(head, body.length), body])
}

/** A fixed header that promises `length` bytes. */
export function fixedHeader(head: number, length: number): Buffer {
  const bytes = [head]
  let rest = length
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([uint16(bytes.length), bytes])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

function split(bytes: Buffer): { packet: RawPacket; length: number } | undefined {
  let length = 0
  let at = 1
  for (let shift = 0; ; shift += 7) {
    if (at >= bytes.length) return undefined
    const byte = bytes[at++]!
    length |= (byte & 127) << shift
    if (byte < 128) break
  }
  if (bytes.length < at + length) return undefined
  const body = Buffer.from(bytes.subarray(at, at + length))
  return { packet: { type: bytes[0]! >> 4, flags: bytes[0]! & 15, body }, length: at + length }
}
