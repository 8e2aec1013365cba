/**
 * The operator's word on a device, `ap` (PROTOCOL 2): approval, change, suspension, resumption,
 * revocation. Signed by the gateway, an entry of the log, so that the registry is a fold of it.
 */
import type { CborMap, CborValue } from '../cbor/codec.js'
import { intervalSecMax, intervalSecMin } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parseAddress } from './address.js'
import { isRegistrableCell } from './cell.js'
import { type Consent, readSoldMetrics, readSoldResolution, soldWires } from './consent.js'
import { isDeviceId } from './key.js'
import {
  bytesClaim,
  integerClaim,
  isSignedBy,
  type KeyHolder,
  type OpenedClaims,
  openClaims,
  sealClaims,
  type VerifySignature,
} from './message.js'

const deviceClaim = 1
const iatClaim = 3
const stateClaim = 4
const ownerClaim = 5
const cellClaim = 6
const proofClaim = 7
const intervalClaim = 8
const placementClaim = 9
const simulatedClaim = 10
const soldMetricsClaim = 11
const soldResolutionClaim = 12

export type AdmittedState = 'active' | 'suspended' | 'revoked'
export type Placement = 'outdoor' | 'indoor'

/** Fields that are absent stay as they are; the first approval has owner, cell and proof. */
export interface AdmissionFields extends Partial<Consent> {
  device: string
  /** When the operator decided, Unix seconds. */
  iat: number
  state: AdmittedState
  /** EIP-55. */
  owner?: string
  cell?: string
  /** Leaf hash of the `en` that is approved, 32 bytes. */
  proof?: Uint8Array
  intervalSec?: number
  placement?: Placement
  simulated?: boolean
}

export interface Admission extends AdmissionFields {
  opened: OpenedClaims
}

/** The COSE bytes of an `ap`. */
export function encodeAdmission(
  fields: AdmissionFields,
  gateway: KeyHolder,
  network: string,
): Uint8Array {
  const claims: CborMap = new Map<CborValue, CborValue>([
    [deviceClaim, fields.device],
    [iatClaim, fields.iat],
    [stateClaim, fields.state],
  ])
  if (fields.owner !== undefined) claims.set(ownerClaim, fields.owner)
  if (fields.cell !== undefined) claims.set(cellClaim, fields.cell)
  if (fields.proof !== undefined) claims.set(proofClaim, fields.proof)
  if (fields.intervalSec !== undefined) claims.set(intervalClaim, fields.intervalSec)
  if (fields.placement !== undefined) claims.set(placementClaim, fields.placement)
  if (fields.simulated !== undefined) claims.set(simulatedClaim, fields.simulated ? 1 : 0)
  if (fields.soldMetrics !== undefined) claims.set(soldMetricsClaim, soldWires(fields.soldMetrics))
  if (fields.soldResolution !== undefined) claims.set(soldResolutionClaim, fields.soldResolution)
  return sealClaims('ap', claims, gateway, network)
}

/** Form only; the signature is not tried. */
export function parseAdmission(bytes: Uint8Array): Result<Admission> {
  const opened = openClaims(
    bytes,
    [deviceClaim, iatClaim, stateClaim],
    termReaders.map(([claim]) => claim),
  )
  if (!opened.ok) return opened
  const { claims } = opened.value
  const device = claims.get(deviceClaim)
  const iat = integerClaim(claims, iatClaim, 0, Number.MAX_SAFE_INTEGER)
  const state = claims.get(stateClaim)
  if (typeof device !== 'string' || !isDeviceId(device))
    return refuse('malformed', 'claim 1 is not a device id')
  if (iat === undefined) return refuse('malformed', 'claim 3 is not a time in Unix seconds')
  if (state !== 'active' && state !== 'suspended' && state !== 'revoked')
    return refuse('malformed', 'claim 4 is not a state')
  const terms = parseTerms(claims)
  if (!terms.ok) return terms
  return accept({ opened: opened.value, device, iat, state, ...terms.value })
}

type Terms = Omit<AdmissionFields, 'device' | 'iat' | 'state'>

function parseTerms(claims: CborMap): Result<Terms> {
  const terms: Terms = {}
  for (const [claim, read] of termReaders) {
    if (!claims.has(claim)) continue
    const term = read(claims)
    if (term === undefined) return refuse('malformed', `claim ${claim} does not have its form`)
    Object.assign(terms, term)
  }
  return accept(terms)
}

const termReaders: readonly [number, (claims: CborMap) => Terms | undefined][] = [
  [ownerClaim, readOwner],
  [cellClaim, readCell],
  [proofClaim, readProof],
  [intervalClaim, readInterval],
  [placementClaim, readPlacement],
  [simulatedClaim, readSimulated],
  [soldMetricsClaim, readMetrics],
  [soldResolutionClaim, readResolution],
]

function readOwner(claims: CborMap): Terms | undefined {
  const text = claims.get(ownerClaim)
  const owner = typeof text === 'string' ? parseAddress(text) : undefined
  return owner === undefined ? undefined : { owner }
}

function readCell(claims: CborMap): Terms | undefined {
  const cell = claims.get(cellClaim)
  return typeof cell === 'string' && isRegistrableCell(cell) ? { cell } : undefined
}

function readProof(claims: CborMap): Terms | undefined {
  const proof = bytesClaim(claims, proofClaim, 32, 32)
  return proof === undefined ? undefined : { proof }
}

function readInterval(claims: CborMap): Terms | undefined {
  const intervalSec = integerClaim(claims, intervalClaim, intervalSecMin, intervalSecMax)
  return intervalSec === undefined ? undefined : { intervalSec }
}

function readPlacement(claims: CborMap): Terms | undefined {
  const placement = claims.get(placementClaim)
  return placement === 'outdoor' || placement === 'indoor' ? { placement } : undefined
}

function readSimulated(claims: CborMap): Terms | undefined {
  const simulated = integerClaim(claims, simulatedClaim, 0, 1)
  return simulated === undefined ? undefined : { simulated: simulated === 1 }
}

function readMetrics(claims: CborMap): Terms | undefined {
  const soldMetrics = readSoldMetrics(claims.get(soldMetricsClaim))
  return soldMetrics === undefined ? undefined : { soldMetrics }
}

function readResolution(claims: CborMap): Terms | undefined {
  const soldResolution = readSoldResolution(claims.get(soldResolutionClaim))
  return soldResolution === undefined ? undefined : { soldResolution }
}

/** The gateway's signature on an `ap`. */
export function verifyAdmission(
  admission: Admission,
  gatewayKey: Uint8Array,
  network: string,
  verify: VerifySignature,
): Result<undefined> {
  return isSignedBy(admission.opened, 'ap', network, gatewayKey, verify)
    ? accept(undefined)
    : refuse('bad-signature', 'the gateway did not sign this admission')
}
