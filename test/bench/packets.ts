/** The MQTT 3.1.1 packets of the load generator. */

/** CONNECT with a clean session, user name and password, keep-alive of a minute. */
export function connectPacket(name: string, password: string): Buffer {
  return packet(0x10, [text('MQTT'), [4, 0xc2, 0, 60], text(name), text(name), text(password)])
}

/** PUBLISH with QoS 1. `id`: 1 to 65,535. */
export function publishPacket(topic: string, id: number, payload: Uint8Array): Buffer {
  return packet(0x32, [text(topic), [id >> 8, id & 255], payload])
}

/** Where the payload of such a PUBLISH begins. */
export function payloadStart(publish: Buffer): number {
  let body = 1
  while (publish[body]! >= 128) body++
  body++
  return body + 2 + publish.readUInt16BE(body) + 2
}

function packet(type: number, parts: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
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
