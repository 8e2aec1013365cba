/**
 * A small log with two closed epochs and an open one, for the vectors of the proof file: what a
 * gateway would have journalled and published.
 */
import { toHex } from '../../gateway/core/bytes.js'
import { assembleSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { ed25519PublicKey, ed25519Sign, sha256 } from '../../gateway/core/crypto.js'
import { parseAddress } from '../../gateway/core/device/address.js'
import { deviceIdOf, kidOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import { encodeRotation } from '../../gateway/core/device/rotation.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { type Before, type ClosedEpoch, closeEpoch } from '../../gateway/core/rewards/closing.js'
import { type DeviceEpoch, DeviceTally } from '../../gateway/core/rewards/tally.js'
import { encodePack } from '../../gateway/core/senml/pack.js'
import { decodeReading, encodeReadingHeader } from '../../gateway/core/senml/reading.js'
import { vectorNetwork, vectorTime } from './message.js'

/** Seconds of an epoch, and readings of a device in it. */
export const epochSec = 1_200
const readingsPerEpoch = 20
const intervalSec = epochSec / readingsPerEpoch

export const vectorToken = parseAddress(`0x${'aa'.repeat(20)}`)!
const perHour = 10n ** 18n

export function holderOfVector(name: string): KeyHolder {
  const seed = sha256(new TextEncoder().encode(`proof vectors: ${name}`))
  return { publicKey: ed25519PublicKey(seed), sign: (message) => ed25519Sign(message, seed) }
}

export const vectorGateway = holderOfVector('gateway')

/** A device, its keys and who it earns for. */
export interface VectorDevice {
  readonly id: string
  readonly owner: string
  /** The first one, and the one after the rotation, if there was one. */
  readonly keys: readonly [KeyHolder, ...KeyHolder[]]
  /** COSE `ro` that led to the second key, and its sequence. */
  readonly rotation?: { readonly bytes: Uint8Array; readonly seq: number }
  /** Whether it sends in this minute of an epoch. */
  sends(minute: number): boolean
  /** Sequences of readings that arrived too late. */
  readonly late: ReadonlySet<number>
}

export interface VectorEntry {
  readonly kind: 'rd' | 'ro' | 'ep'
  readonly bytes: Uint8Array
  readonly atMs: number
  /** Of readings and rotations. */
  readonly device?: VectorDevice
  readonly seq?: number
}

export interface VectorEpoch extends ClosedEpoch {
  readonly firstIndex: number
  readonly endIndex: number
}

export interface SettledLog {
  readonly devices: {
    readonly calm: VectorDevice
    readonly rotated: VectorDevice
    readonly poor: VectorDevice
  }
  readonly entries: readonly VectorEntry[]
  /** Leaf hashes of the entries. */
  readonly leaves: readonly Uint8Array[]
  readonly epochs: readonly VectorEpoch[]
}

const firstSeq = 100
/** The sequence that the rotated device's rotation takes, in the first epoch. */
const rotationSeq = firstSeq + 8

function vectorDevices(): SettledLog['devices'] {
  const device = (name: string, owner: string): VectorDevice => {
    const holder = holderOfVector(name)
    const id = deviceIdOf(holder.publicKey)
    const address = parseAddress(`0x${owner.repeat(40)}`)!
    return { id, owner: address, keys: [holder], sends: () => true, late: new Set() }
  }
  const rotated = device('rotated', 'c')
  const [first, second] = [rotated.keys[0], holderOfVector('rotated, second key')]
  const claims = { device: rotated.id, iat: vectorTime + 8 * intervalSec, seq: rotationSeq }
  const bytes = encodeRotation(claims, first, second, vectorNetwork)
  return {
    calm: device('calm', 'b'),
    rotated: {
      ...rotated,
      keys: [first, second],
      rotation: { bytes, seq: rotationSeq },
      late: new Set([firstSeq + 3]),
    },
    // Two readings of twenty: too few for any uptime, so that its owner earns nothing.
    poor: { ...device('poor', 'd'), sends: (minute) => minute === 2 || minute === 9 },
  }
}

/** A reading of one temperature; `minute` counts from `vectorTime`. */
function readingOf(device: VectorDevice, seq: number, minute: number): Uint8Array {
  const isSecond = device.rotation !== undefined && seq > device.rotation.seq
  const by = device.keys[isSecond ? 1 : 0]!
  const protectedBytes = encodeReadingHeader({ alg: -8, kid: kidOf(by.publicKey), seq })
  const time = vectorTime + minute * intervalSec
  const value = { m: 211 + (seq % 3), e: -1 }
  const payload = encodePack([{ metric: 'temperature', time, value }])
  const signature = by.sign(toBeSigned('rd', vectorNetwork, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

/** What arrives in an epoch, in this order; its late readings arrive at its end. */
function arrivals(devices: readonly VectorDevice[], epoch: number): VectorEntry[] {
  const onTime: VectorEntry[] = []
  const late: VectorEntry[] = []
  for (let minute = 0; minute < readingsPerEpoch; minute++) {
    const at = epoch * readingsPerEpoch + minute
    const atMs = (vectorTime + at * intervalSec) * 1_000 + 250
    for (const device of devices) {
      const seq = firstSeq + at
      if (device.rotation?.seq === seq)
        onTime.push({ kind: 'ro', bytes: device.rotation.bytes, atMs, device, seq })
      else if (device.late.has(seq)) {
        const end = (vectorTime + (epoch + 1) * epochSec) * 1_000 - 1
        late.push({ kind: 'rd', bytes: readingOf(device, seq, at), atMs: end, device, seq })
      } else if (device.sends(minute))
        onTime.push({ kind: 'rd', bytes: readingOf(device, seq, at), atMs, device, seq })
    }
  }
  return [...onTime, ...late]
}

function tallied(device: VectorDevice, owned: readonly VectorEntry[], epoch: number): DeviceEpoch {
  const from = vectorTime + epoch * epochSec
  const tally = new DeviceTally(intervalSec, { from, to: from + epochSec })
  for (const entry of owned) {
    if (entry.device !== device || entry.kind !== 'rd') continue
    const reading = decodeReading(entry.bytes)
    if (!reading.ok) throw new Error(reading.detail)
    const { header, values } = reading.value
    tally.add({ seq: header.seq, leaf: leafHash(entry.bytes), atMs: entry.atMs, values })
  }
  return tally.finish({
    device: device.id,
    owner: device.owner,
    cell: '871fb4662ffffff',
    placement: 'outdoor',
    intervalSec,
    simulated: false,
  })
}

/** The whole log: two closed epochs, and the readings of half a third one. */
export function settledLog(): SettledLog {
  const devices = vectorDevices()
  const all = Object.values(devices)
  const entries: VectorEntry[] = []
  const epochs: VectorEpoch[] = []
  let before: Before | undefined
  let firstIndex = 0
  for (const epoch of [0, 1]) {
    entries.push(...arrivals(all, epoch))
    const endIndex = entries.length
    const owned = entries.slice(firstIndex)
    const from = vectorTime + epoch * epochSec
    const closed = closeEpoch(
      { network: vectorNetwork, gateway: vectorGateway, perHour, token: vectorToken },
      {
        span: { from, to: from + epochSec },
        firstIndex,
        endIndex,
        devices: all.map((device) => tallied(device, owned, epoch)),
        usage: { usageIn: 0n, owed: new Map() },
        aggregates: [],
        before,
      },
    )
    epochs.push({ ...closed, firstIndex, endIndex })
    entries.push({ kind: 'ep', bytes: closed.record, atMs: (from + epochSec) * 1_000 })
    before = { ...closed, n: epoch + 1 }
    firstIndex = endIndex
  }
  entries.push(...arrivals(all, 2).slice(0, 12))
  return { devices, entries, leaves: entries.map(({ bytes }) => leafHash(bytes)), epochs }
}

/** The gateway's signed checkpoint over the first `size` entries. */
export function vectorCheckpoint({ leaves }: SettledLog, size: number): string {
  const origin = originOf(vectorNetwork, deviceIdOf(vectorGateway.publicKey))
  const root = rootOfLeaves(leaves.slice(0, size))
  return formatCheckpoint({ origin, size, root }, vectorGateway.publicKey, vectorGateway.sign)
}

/** Kid of a device's key in hex, as the registry has it. */
export function hexKid({ publicKey }: KeyHolder): string {
  return toHex(kidOf(publicKey))
}
