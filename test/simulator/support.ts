/** Devices and hosts for the simulator's tests. */
import { equal, toHex } from '../../gateway/core/bytes.js'
import { decode } from '../../gateway/core/cbor/codec.js'
import { parseSign1 } from '../../gateway/core/cose/sign1.js'
import { ed25519Verify } from '../../gateway/core/crypto.js'
import { isSignedBy } from '../../gateway/core/device/message.js'
import { ageSecMax, messageBytesMax, skewSecMax } from '../../gateway/core/limits.js'
import { decodeReading, parseReadingHeader } from '../../gateway/core/senml/reading.js'
import type { Verdict } from '../../gateway/core/verdict.js'
import { type DeviceProfile, VirtualDevice } from '../../simulator/device.js'
import { openGate } from '../../simulator/gate.js'
import type { LinkHost } from '../../simulator/link.js'
import { randomFrom } from '../../simulator/random.js'

export const nowSec = 1_762_000_000

export function testDevice(changes: Partial<DeviceProfile> = {}): VirtualDevice {
  return new VirtualDevice({
    seed: 'test',
    label: 'one',
    network: 'testnet',
    signer: 'node',
    sequence: 'plain',
    startMs: nowSec * 1_000,
    model: 'sim-climate',
    metrics: ['temperature', 'humidity'],
    cell: '87195da49ffffff',
    ...changes,
  })
}

/** A host that remembers what it was told. */
export function testHost(): LinkHost & { told: string[]; clockMs: number } {
  const told: string[] = []
  return {
    told,
    clockMs: nowSec * 1_000,
    now() {
      return this.clockMs
    },
    random: randomFrom('host'),
    connecting: openGate(4),
    enrolling: openGate(4),
    onReady: () => told.push('ready'),
    onState: (_device, state) => told.push(state),
    onStray: (_device, seq, verdict) => told.push(`stray ${seq} ${verdict}`),
    onReceipt: (_device, _bytes, seq) => told.push(`receipt ${seq !== undefined}`),
  }
}

/**
 * PROTOCOL 2.2 for one device, written once more from the text: what a fault must be called is not
 * taken from the code that it is sent to.
 */
export class Judge {
  private readonly device: VirtualDevice
  private readonly accepted = new Map<number, Uint8Array>()
  private highest = Number.NEGATIVE_INFINITY

  constructor(device: VirtualDevice) {
    this.device = device
  }

  judge(bytes: Uint8Array): Verdict {
    const { key, profile } = this.device
    if (bytes.length > messageBytesMax) return 'malformed'
    const sign1 = parseSign1(bytes)
    if (!sign1.ok) return 'malformed'
    const header = parseReadingHeader(sign1.value.protectedBytes)
    if (!header.ok || !decode(sign1.value.payload).ok) return 'malformed'
    const { kid, seq } = header.value
    if (toHex(kid) !== toHex(key.kid)) return 'unknown-device'
    const before = this.accepted.get(seq)
    if (before && equal(before, bytes)) return 'accepted'
    if (seq <= this.highest - 64) return 'replayed'
    if (!isSignedBy(sign1.value, 'rd', profile.network, key.publicKey, ed25519Verify))
      return 'bad-signature'
    if (before) return 'equivocation'
    const reading = decodeReading(bytes)
    if (!reading.ok) return reading.reason
    for (const { time } of reading.value.values)
      if (time < nowSec - ageSecMax || time > nowSec + skewSecMax) return 'bad-time'
    this.accepted.set(seq, bytes.slice())
    this.highest = Math.max(this.highest, seq)
    return 'accepted'
  }
}
