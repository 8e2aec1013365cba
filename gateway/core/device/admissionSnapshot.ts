/** Registry and windows as bytes and back, so that a start need not read the whole journal. */
import { type CborValue, decode, encode } from '../cbor/codec.js'
import { accept, type Result, refuse } from '../verdict.js'
import { Admission } from './judgement.js'
import { isDeviceId } from './key.js'
import { loadRegistry, saveRegistry } from './snapshot.js'
import { Window } from './window.js'

/** What is counted per device, beside its window. */
export interface DeviceCount {
  accepted: number
  /** When the last one was journalled, ms since 1970. */
  lastAtMs: number
}

export interface AdmissionState {
  admission: Admission
  counts: Map<string, DeviceCount>
}

/** Deterministic CBOR: `[registry, [[device, window, accepted, lastAtMs]...]]`. */
export function saveAdmission({ admission, counts }: AdmissionState): Uint8Array {
  const rows: CborValue[] = [...admission.windows].map(([device, window]) => {
    const count = counts.get(device)
    return [device, window.snapshot(), count?.accepted ?? 0, count?.lastAtMs ?? 0]
  })
  return encode([saveRegistry(admission.registry), rows])
}

/** Refused where the bytes are no snapshot of this version: then the journal is read from the start. */
export function loadAdmission(bytes: Uint8Array): Result<AdmissionState> {
  const decoded = decode(bytes)
  if (!decoded.ok) return decoded
  const [saved, rows] = Array.isArray(decoded.value) ? decoded.value : []
  if (!(saved instanceof Uint8Array) || !Array.isArray(rows)) {
    return refuse('malformed', 'not a snapshot of the admission state')
  }
  const registry = loadRegistry(saved)
  if (!registry.ok) return registry
  const admission = new Admission(registry.value)
  const counts = new Map<string, DeviceCount>()
  for (const row of rows) {
    const [device, held, accepted, lastAtMs] = Array.isArray(row) ? row : []
    const window = held instanceof Uint8Array ? Window.restore(held) : undefined
    if (typeof device !== 'string' || !isDeviceId(device) || !window) {
      return refuse('malformed', 'a window of the snapshot is not one')
    }
    admission.windows.set(device, window)
    counts.set(device, { accepted: Number(accepted), lastAtMs: Number(lastAtMs) })
  }
  return accept({ admission, counts })
}
