/** The registry as bytes and back, so that a start need not read the whole journal. */
import { toHex } from '../bytes.js'
import { type CborValue, decode, encode } from '../cbor/codec.js'
import { metricByName } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { isRegistrableCell } from './cell.js'
import { readSoldMetrics, readSoldResolution, soldWires } from './consent.js'
import { isDeviceId, kidOf } from './key.js'
import { type Device, type DeviceKey, Registry } from './registry.js'

/** 2: with consent, and since when an owner has a device. A snapshot of another version is not used: the journal says it all again. */
const version = 2
const states = ['active', 'suspended', 'revoked'] as const
const placements = ['outdoor', 'indoor'] as const
/** The checksum was checked at approval; a start with many devices would hash for seconds. */
const ownerForm = /^0x[0-9a-fA-F]{40}$/

/** Deterministic CBOR: `[version, [device...], [open proof...]]`. */
export function saveRegistry(registry: Registry): Uint8Array {
  const devices = [...registry.devices()].map(deviceRow)
  return encode([version, devices, registry.openProofs()])
}

function deviceRow(device: Device): CborValue {
  return [
    device.id,
    states.indexOf(device.state),
    device.owner,
    device.cell,
    placements.indexOf(device.placement),
    device.intervalSec,
    device.simulated ? 1 : 0,
    device.model,
    device.firmware,
    device.version,
    [...device.metrics],
    device.proof,
    soldWires(device.soldMetrics),
    device.soldResolution,
    device.admission,
    device.ownedSec,
    // The newest key has no end, so ends are written for the others only.
    device.keys.map((row) =>
      Number.isFinite(row.untilSeq) ? [row.key, row.fromSeq, row.untilSeq] : [row.key, row.fromSeq],
    ),
  ]
}

/** The registry of a snapshot; `malformed` where the bytes are none: then read the journal. */
export function loadRegistry(bytes: Uint8Array): Result<Registry> {
  const decoded = decode(bytes)
  if (!decoded.ok) return decoded
  const [saved, devices, proofs] = listOf(decoded.value)
  if (saved !== version) return refuse('malformed', 'not a registry snapshot of this version')
  const registry = new Registry()
  for (const row of listOf(devices)) {
    const device = readDevice(listOf(row))
    if (device === undefined) return refuse('malformed', 'a device of the snapshot is not one')
    registry.add(device)
  }
  for (const proof of listOf(proofs)) {
    const applied = proof instanceof Uint8Array ? registry.apply('en', proof) : undefined
    if (!applied?.ok) return refuse('malformed', 'a proof of the snapshot is not one')
  }
  return accept(registry)
}

function listOf(value: CborValue | undefined): readonly CborValue[] {
  return Array.isArray(value) ? value : []
}

function readDevice(row: readonly CborValue[]): Device | undefined {
  const [id, state, owner, cell, placement, interval, simulated, model, firmware, release] = row
  const [names, proof, sold, finest, admission, owned, keys] = row.slice(10)
  if (typeof id !== 'string' || !isDeviceId(id)) return undefined
  if (typeof owner !== 'string' || !ownerForm.test(owner)) return undefined
  if (typeof cell !== 'string' || !isRegistrableCell(cell)) return undefined
  if (typeof model !== 'string' || typeof firmware !== 'string') return undefined
  if (typeof release !== 'string' || typeof interval !== 'number') return undefined
  if (typeof owned !== 'number') return undefined
  if (!(proof instanceof Uint8Array) || !(admission instanceof Uint8Array)) return undefined
  const soldMetrics = readSoldMetrics(sold)
  const soldResolution = readSoldResolution(finest)
  if (soldMetrics === undefined || soldResolution === undefined) return undefined
  const metrics = listOf(names).flatMap((name) => metricByName(String(name))?.name ?? [])
  const rows = listOf(keys).flatMap((key) => readKey(listOf(key)) ?? [])
  if (rows.length === 0 || rows.length !== listOf(keys).length) return undefined
  return {
    id,
    state: states[Number(state)] ?? 'revoked',
    keys: rows,
    owner,
    ownedSec: owned,
    cell,
    placement: placements[Number(placement)] ?? 'outdoor',
    intervalSec: interval,
    simulated: simulated === 1,
    model,
    firmware,
    version: release,
    metrics,
    soldMetrics,
    soldResolution,
    proof: proof.slice(),
    admission: admission.slice(),
  }
}

function readKey(row: readonly CborValue[]): DeviceKey | undefined {
  const [key, fromSeq, untilSeq] = row
  if (!(key instanceof Uint8Array) || key.length !== 32) return undefined
  if (typeof fromSeq !== 'number') return undefined
  return {
    kid: toHex(kidOf(key)),
    key: key.slice(),
    fromSeq,
    untilSeq: typeof untilSeq === 'number' ? untilSeq : Number.POSITIVE_INFINITY,
  }
}
