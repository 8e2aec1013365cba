/** The MQTT 3.1.1 packets of the load generator. */

/** CONNECT with a clean session, user name and password. */
export function connectPacket(name: string, password: string, keepAliveSec = 60): Buffer {
  const flags = [4, 0xc2, keepAliveSec >> 8, keepAliveSec & 255]
  return packet(0x10, [text('MQTT'), flags, text(name), text(name), text(password)])
}

/** SUBSCRIBE to one filter with QoS 1. */
export function subscribePacket(filter: string): Buffer {
  return packet(0x82, [[0, 1], text(filter), [1]])
}

export function pubackPacket(id: number): Buffer {
  return Buffer.from([0x40, 2, id >> 8, id & 255])
}

/** PUBLISH with QoS 1. `id`: 1 to 65,535. */
export function publishPacket(topic: string, id: number, payload: Uint8Array): Buffer {
  return packet(0x32, [text(topic), [id >> 8, id & 255], payload])
}

/** A packet in a buffer: its first byte, where its body begins and where it ends. */
export interface Packet {
  type: number
  body: number
  end: number
}

/** The whole packets at the beginning of a buffer, in order. */
export function* packetsIn(bytes: Buffer): Generator<Packet> {
  for (let start = 0; start + 2 <= bytes.length; ) {
    let length = 0
    let body = start + 1
    for (let shift = 0; ; shift += 7, body++) {
      if (body === bytes.length) return
      length += (bytes[body]! & 127) << shift
      if (bytes[body]! < 128) break
    }
    body++
    const end = body + length
    if (end > bytes.length) return
    yield { type: bytes[start]!, body, end }
    start = end
  }
}

/** A PUBLISH with QoS 1; `undefined` for any other packet. */
export function readPublish(
  bytes: Buffer,
  { type, body, end }: Packet,
): { topic: string; id: number; payload: Buffer } | undefined {
  if ((type & 0xf6) !== 0x32) return undefined
  const topicEnd = body + 2 + bytes.readUInt16BE(body)
  return {
    topic: bytes.toString('utf8', body + 2, topicEnd),
    id: bytes.readUInt16BE(topicEnd),
    payload: bytes.subarray(topicEnd + 2, end),
  }
}

/** Where the payload of such a PUBLISH begins. */
export function payloadStart(publish: Buffer): number {
  let body = 1
  while (publish[body]! >= 128) body++
  body++
  return body + 2 + publish.readUInt16BE(body) + 2
}

function packet(type: number, parts: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (part instanceof Uint8Array ? part : Uint8Array.from(part))),
  )
  const head = [type]
  let length = body.length
  for (; length >= 128; length >>= 7) head.push((length & 127) | 128)
  head.push(length)
  return Buffer.concat([Buffer.from(head), body])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
