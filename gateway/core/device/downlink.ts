/** What a gateway tells a device (PROTOCOL 2.4): time `tm`, configuration `cm`, receipt `rc`. */
import type { CborMap, CborValue } from '../cbor/codec.js'
import { intervalSecMax, intervalSecMin, recordsMax, seqMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { isDeviceId } from './key.js'
import {
  bytesClaim,
  integerClaim,
  type KeyHolder,
  type OpenedClaims,
  openClaims,
  sealClaims,
} from './message.js'

const deviceClaim = 1

/** Bytes of the nonce of a time query. */
export const timeNonceBytes = 4

export interface TimeFields {
  device: string
  /** What the device sent, 4 bytes. */
  nonce: Uint8Array
  /** Unix seconds and milliseconds 0..999. */
  sec: number
  ms: number
}

export interface ConfigurationFields {
  device: string
  /** Rises with each configuration; a device obeys only a higher one. */
  cmdNo: number
  /** Unix seconds. */
  iat: number
  /** Seconds between readings, and records in one message. */
  intervalSec: number
  records: number
}

export interface ReceiptFields {
  device: string
  seq: number
  /** Unix seconds. */
  iat: number
  /** Leaf hash of the accepted reading, 32 bytes. */
  leaf: Uint8Array
}

/** What was parsed, with the parts whose signature is still to be tried. */
export type Received<T> = T & { opened: OpenedClaims }

/** The COSE bytes of a `tm`. */
export function encodeTime(fields: TimeFields, gateway: KeyHolder, network: string): Uint8Array {
  const claims: CborMap = new Map<CborValue, CborValue>([
    [1, fields.device],
    [5, fields.nonce],
    [6, [fields.sec, fields.ms]],
  ])
  return sealClaims('tm', claims, gateway, network)
}

/** Form only. */
export function parseTime(bytes: Uint8Array): Result<Received<TimeFields>> {
  const opened = openDownlink(bytes, [5, 6])
  if (!opened.ok) return opened
  const { claims, device } = opened.value
  const nonce = bytesClaim(claims, 5, timeNonceBytes, timeNonceBytes)
  const instant = claims.get(6)
  if (nonce === undefined) return refuse('malformed', 'claim 5 is not a nonce of 4 bytes')
  if (!Array.isArray(instant) || instant.length !== 2)
    return refuse('malformed', 'claim 6 is not [seconds, milliseconds]')
  const [sec, ms] = instant as readonly CborValue[]
  if (typeof sec !== 'number' || typeof ms !== 'number' || sec < 0 || ms < 0 || ms > 999)
    return refuse('malformed', 'claim 6 is not [seconds, milliseconds]')
  return accept({ opened: opened.value.opened, device, nonce, sec, ms })
}

/** The COSE bytes of a `cm`. */
export function encodeConfiguration(
  fields: ConfigurationFields,
  gateway: KeyHolder,
  network: string,
): Uint8Array {
  const settings: CborMap = new Map<CborValue, CborValue>([
    ['iv', fields.intervalSec],
    ['nr', fields.records],
  ])
  const claims: CborMap = new Map<CborValue, CborValue>([
    [1, fields.device],
    [2, fields.cmdNo],
    [3, fields.iat],
    [4, settings],
  ])
  return sealClaims('cm', claims, gateway, network)
}

/** Form only. */
export function parseConfiguration(bytes: Uint8Array): Result<Received<ConfigurationFields>> {
  const opened = openDownlink(bytes, [2, 3, 4])
  if (!opened.ok) return opened
  const { claims, device } = opened.value
  const cmdNo = integerClaim(claims, 2, 0, Number.MAX_SAFE_INTEGER)
  const iat = integerClaim(claims, 3, 0, Number.MAX_SAFE_INTEGER)
  const settings = claims.get(4)
  if (cmdNo === undefined || iat === undefined)
    return refuse('malformed', 'claims 2 and 3 are not a number and a time')
  if (!(settings instanceof Map) || settings.size !== 2)
    return refuse('malformed', 'claim 4 is not {"iv", "nr"}')
  const intervalSec = settings.get('iv')
  const records = settings.get('nr')
  if (!isWithin(intervalSec, intervalSecMin, intervalSecMax) || !isWithin(records, 1, recordsMax))
    return refuse('malformed', 'claim 4 is not {"iv", "nr"} within their bounds')
  return accept({ opened: opened.value.opened, device, cmdNo, iat, intervalSec, records })
}

/** The COSE bytes of an `rc`. */
export function encodeReceipt(
  fields: ReceiptFields,
  gateway: KeyHolder,
  network: string,
): Uint8Array {
  const claims: CborMap = new Map<CborValue, CborValue>([
    [1, fields.device],
    [2, fields.seq],
    [3, fields.iat],
    [7, fields.leaf],
  ])
  return sealClaims('rc', claims, gateway, network)
}

/** Form only. */
export function parseReceipt(bytes: Uint8Array): Result<Received<ReceiptFields>> {
  const opened = openDownlink(bytes, [2, 3, 7])
  if (!opened.ok) return opened
  const { claims, device } = opened.value
  const seq = integerClaim(claims, 2, 0, seqMax)
  const iat = integerClaim(claims, 3, 0, Number.MAX_SAFE_INTEGER)
  const leaf = bytesClaim(claims, 7, 32, 32)
  if (seq === undefined) return refuse('malformed', 'claim 2 is not a sequence number')
  if (iat === undefined) return refuse('malformed', 'claim 3 is not a time in Unix seconds')
  if (leaf === undefined) return refuse('malformed', 'claim 7 is not a leaf hash')
  return accept({ opened: opened.value.opened, device, seq, iat, leaf })
}

function openDownlink(
  bytes: Uint8Array,
  required: readonly number[],
): Result<{ opened: OpenedClaims; claims: CborMap; device: string }> {
  const opened = openClaims(bytes, [deviceClaim, ...required], [])
  if (!opened.ok) return opened
  const { claims } = opened.value
  const device = claims.get(deviceClaim)
  if (typeof device !== 'string' || !isDeviceId(device))
    return refuse('malformed', 'claim 1 is not a device id')
  return accept({ opened: opened.value, claims, device })
}

function isWithin(value: CborValue | undefined, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max
}
