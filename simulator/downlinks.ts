/**
 * What a device does with what the gateway tells it (PROTOCOL 2.4). A device obeys only the gateway
 * key that it pinned at enrolment; one that has not enrolled in this run has none, and then takes
 * the message as it is, as a board does whose owner wiped it.
 */
import { equal, toHex } from '../gateway/core/bytes.js'
import { ed25519Verify } from '../gateway/core/crypto.js'
import {
  parseConfiguration,
  parseReceipt,
  parseTime,
  type Received,
} from '../gateway/core/device/downlink.js'
import { isSignedBy } from '../gateway/core/device/message.js'
import type { VirtualDevice } from './device.js'

/** Unix milliseconds of a `tm` that answers exactly this nonce; `undefined` for any other. */
export function timeFor(
  device: VirtualDevice,
  bytes: Uint8Array,
  nonce: Uint8Array,
): number | undefined {
  const time = parseTime(bytes)
  if (!time.ok || !isOurs(device, 'tm', time.value)) return undefined
  return equal(time.value.nonce, nonce) ? time.value.sec * 1_000 + time.value.ms : undefined
}

/** Obeys a `cm` whose number is above the last one obeyed; says whether it did. */
export function obey(device: VirtualDevice, bytes: Uint8Array): boolean {
  const command = parseConfiguration(bytes)
  if (!command.ok || !isOurs(device, 'cm', command.value)) return false
  if (command.value.cmdNo <= device.lastCommand) return false
  device.lastCommand = command.value.cmdNo
  device.intervalSec = command.value.intervalSec
  return true
}

/** Sequence and leaf (hex) of a receipt; `undefined` where it is not for this device. */
export function receiptOf(
  device: VirtualDevice,
  bytes: Uint8Array,
): { seq: number; leaf: string } | undefined {
  const receipt = parseReceipt(bytes)
  if (!receipt.ok || !isOurs(device, 'rc', receipt.value)) return undefined
  return { seq: receipt.value.seq, leaf: toHex(receipt.value.leaf) }
}

function isOurs(
  device: VirtualDevice,
  kind: 'tm' | 'cm' | 'rc',
  { opened, device: id }: Received<{ device: string }>,
): boolean {
  if (id !== device.id) return false
  if (device.gatewayKey === undefined) return true
  return isSignedBy(opened, kind, device.profile.network, device.gatewayKey, ed25519Verify)
}
