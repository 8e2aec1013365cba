/** The few MQTT 3.1.1 packets that this adapter reads and writes by itself. */

/** Packet types, MQTT 3.1.1 table 2.1. */
export const packetType = {
  connect: 1,
  publish: 3,
  puback: 4,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const

/** A PUBLISH as it lies in a buffer; nothing is copied or decoded. */
export interface PublishRange {
  topicStart: number
  topicEnd: number
  payloadStart: number
  qos: number
  retain: boolean
  /** Packet identifier, 0 where the QoS is 0. */
  id: number
}

/** Reads the variable header of a PUBLISH (section 3.3); `undefined` where it is not one. */
export function readPublish(
  buffer: Buffer,
  start: number,
  body: number,
  end: number,
): PublishRange | undefined {
  if (body + 2 > end) return undefined
  const flags = buffer[start]!
  const qos = (flags >> 1) & 3
  const topicStart = body + 2
  const topicEnd = topicStart + ((buffer[body]! << 8) | buffer[body + 1]!)
  const payloadStart = qos === 0 ? topicEnd : topicEnd + 2
  if (payloadStart > end || qos === 3) return undefined
  const id = qos === 0 ? 0 : (buffer[topicEnd]! << 8) | buffer[topicEnd + 1]!
  // Section 2.3.1: a packet identifier is not zero.
  if (qos > 0 && id === 0) return undefined
  return { topicStart, topicEnd, payloadStart, qos, retain: (flags & 1) !== 0, id }
}

/**
 * A PUBLISH packet. `qos` 0 or 1; `id` is written for QoS 1 only.
 */
export function encodePublish(
  topic: Uint8Array,
  payload: Uint8Array,
  qos: number,
  retain: boolean,
  id: number,
): Buffer {
  const length = 2 + topic.length + (qos > 0 ? 2 : 0) + payload.length
  const out = Buffer.allocUnsafe(1 + lengthBytes(length) + length)
  out[0] = 0x30 | (qos << 1) | (retain ? 1 : 0)
  let at = writeLength(out, 1, length)
  at = out.writeUInt16BE(topic.length, at)
  out.set(topic, at)
  at += topic.length
  if (qos > 0) at = out.writeUInt16BE(id, at)
  out.set(payload, at)
  return out
}

function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
}

function writeLength(out: Buffer, from: number, length: number): number {
  let at = from
  let rest = length
  for (; rest >= 128; rest >>>= 7) out[at++] = (rest & 127) | 128
  out[at++] = rest
  return at
}
