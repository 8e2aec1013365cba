/** Kept receipts (schemas/receipts.md): one JSON object a line. */
import { equal, fromB64u, toB64u } from '../bytes.js'
import { parseReceipt } from '../device/downlink.js'
import { isSignedBy, type VerifySignature } from '../device/message.js'
import { messageBytesMax } from '../limits.js'
import { leafHash } from '../log/tree.js'
import { decodeReading } from '../senml/reading.js'
import { accept, type Result, refuse } from '../verdict.js'

export interface KeptReceipt {
  readonly device: string
  readonly seq: number
  /** When the gateway says that it logged the reading, Unix seconds. */
  readonly iat: number
  /** Leaf hash of the reading, 32 bytes. */
  readonly leaf: Uint8Array
  /** The reading's largest bt + t; `undefined` where the message was not kept. */
  readonly time: number | undefined
  /** COSE bytes of the receipt and of the reading. */
  readonly bytes: Uint8Array
  readonly message: Uint8Array | undefined
}

/** The line of a receipt, without its end. */
export function formatReceipt(receipt: Uint8Array, message: Uint8Array | undefined): string {
  const kept = message === undefined ? {} : { message: toB64u(message) }
  return JSON.stringify({ rc: toB64u(receipt), ...kept })
}

/** A line: its receipt is signed by the gateway, and names the message beside it. */
export function readReceipt(
  line: string,
  gateway: { readonly network: string; readonly key: Uint8Array },
  verify: VerifySignature,
): Result<KeptReceipt> {
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch {
    return refuse('malformed', 'it is not JSON')
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return refuse('malformed', 'it is not an object')
  const { rc, message: encoded, ...rest } = fields as { rc?: unknown; message?: unknown }
  if (Object.keys(rest).length > 0) return refuse('malformed', 'it has a field that is not known')
  const bytes = bytesOf(rc)
  if (bytes === undefined) return refuse('malformed', 'rc is not b64u')
  const receipt = parseReceipt(bytes)
  if (!receipt.ok) return refuse(receipt.reason, `rc: ${receipt.detail}`)
  const { opened, device, seq, iat, leaf } = receipt.value
  if (!isSignedBy(opened, 'rc', gateway.network, gateway.key, verify))
    return refuse('bad-signature', 'rc: this gateway did not sign it')
  const kept = { device, seq, iat, leaf, bytes }
  if (encoded === undefined) return accept({ ...kept, time: undefined, message: undefined })
  const message = bytesOf(encoded)
  if (message === undefined) return refuse('malformed', 'message is not b64u')
  if (!equal(leafHash(message), leaf)) return refuse('malformed', 'rc is of another message')
  const reading = decodeReading(message)
  if (!reading.ok) return refuse(reading.reason, `message: ${reading.detail}`)
  const time = reading.value.values.reduce((latest, value) => Math.max(latest, value.time), 0)
  return accept({ ...kept, time, message })
}

/** More than 600 s between a reading and its log entry: then it is in the log, but does not count. */
export function isCertainlyInTime({ iat, time }: KeptReceipt): boolean {
  // iat is whole seconds, rounded down: the entry is less than a second younger.
  return time !== undefined && iat - time < 600
}

function bytesOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length > 2 * messageBytesMax) return undefined
  return fromB64u(text)
}
