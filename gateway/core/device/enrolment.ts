/** The enrolment proof `en` (PROTOCOL 2.3): a device shows that it holds a key, and what it is. */
import { equal, utf8 } from '../bytes.js'
import type { CborMap, CborValue } from '../cbor/codec.js'
import { isEnrollableKey } from '../crypto.js'
import { enrolNonceBytesMax, firmwareCharsMax, modelBytesMax } from '../limits.js'
import { type MetricName, metricByName, metricByWire, metrics } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parseAddress } from './address.js'
import { isRegistrableCell } from './cell.js'
import { checkCnf, cnfClaim, encodeCnf, networkClaim, parseCnf } from './cnf.js'
import {
  type Consent,
  fullConsent,
  isWithinConsent,
  readSoldMetrics,
  readSoldResolution,
  soldWires,
} from './consent.js'
import {
  bytesClaim,
  type KeyHolder,
  type OpenedClaims,
  openClaims,
  plainText,
  sealClaims,
  textClaim,
  type VerifySignature,
} from './message.js'

export const enrolmentTyp = 'fp-enrol+cwt'

const nonceClaim = 10
const modelClaim = 259
const firmwareClaim = 270
const versionClaim = 271
const ownerClaim = -70001
const cellClaim = -70002
const wiresClaim = -70003
const soldMetricsClaim = -70004
const soldResolutionClaim = -70005

/** What a device says of itself; of its owner's consent a wish, where it says one. */
export interface EnrolmentFields extends Partial<Consent> {
  /** What the gateway sent; empty where none was given. */
  nonce: Uint8Array
  model: string
  firmware: string
  version: string
  metrics: readonly MetricName[]
  /** EIP-55. */
  owner?: string
  cell?: string
}

export interface Enrolment extends EnrolmentFields {
  opened: OpenedClaims
  /** 8 bytes. */
  kid: Uint8Array
  /** 32 bytes. */
  key: Uint8Array
}

/** The COSE bytes of an `en`. */
export function encodeEnrolment(
  fields: EnrolmentFields,
  holder: KeyHolder,
  network: string,
): Uint8Array {
  const claims: CborMap = new Map<CborValue, CborValue>([
    [networkClaim, network],
    [cnfClaim, encodeCnf(holder.publicKey)],
    [nonceClaim, fields.nonce],
    [modelClaim, utf8(fields.model)],
    [firmwareClaim, fields.firmware],
    [versionClaim, [fields.version]],
    [wiresClaim, fields.metrics.map((name) => metricByName(name)!.wire)],
  ])
  if (fields.owner !== undefined) claims.set(ownerClaim, fields.owner)
  if (fields.cell !== undefined) claims.set(cellClaim, fields.cell)
  if (fields.soldMetrics !== undefined) claims.set(soldMetricsClaim, soldWires(fields.soldMetrics))
  if (fields.soldResolution !== undefined) claims.set(soldResolutionClaim, fields.soldResolution)
  return sealClaims('en', claims, holder, network, enrolmentTyp)
}

/** Form only: shapes, lengths and names; the signature is not tried. */
export function parseEnrolment(bytes: Uint8Array): Result<Enrolment> {
  const opened = openClaims(
    bytes,
    [networkClaim, cnfClaim, nonceClaim, modelClaim, firmwareClaim, versionClaim, wiresClaim],
    [ownerClaim, cellClaim, soldMetricsClaim, soldResolutionClaim],
    enrolmentTyp,
  )
  if (!opened.ok) return opened
  const { claims, header } = opened.value
  const key = parseCnf(claims)
  if (!key.ok) return key
  const nonce = bytesClaim(claims, nonceClaim, 0, enrolNonceBytesMax)
  const description = parseDescription(claims)
  if (nonce === undefined) return refuse('malformed', 'nonce is not a short byte string')
  if (!description.ok) return description
  const place = parsePlace(claims)
  if (!place.ok) return place
  const wish = parseWish(claims, description.value.metrics)
  if (!wish.ok) return wish
  return accept({
    opened: opened.value,
    kid: header.kid.slice(),
    key: key.value,
    nonce,
    ...description.value,
    ...place.value,
    ...wish.value,
  })
}

function parseDescription(
  claims: CborMap,
): Result<Pick<EnrolmentFields, 'model' | 'firmware' | 'version' | 'metrics'>> {
  const modelBytes = bytesClaim(claims, modelClaim, 1, modelBytesMax)
  const model = modelBytes && plainText(utf8Text(modelBytes), modelBytesMax)
  const firmware = textClaim(claims, firmwareClaim, firmwareCharsMax)
  const versions = claims.get(versionClaim)
  const version =
    Array.isArray(versions) && versions.length === 1
      ? plainText(versions[0], firmwareCharsMax)
      : undefined
  const names = parseWires(claims.get(wiresClaim))
  if (model === undefined) return refuse('malformed', 'claim 259 is not a model name')
  if (firmware === undefined) return refuse('malformed', 'claim 270 is not a firmware name')
  if (version === undefined) return refuse('malformed', 'claim 271 is not [version]')
  if (names === undefined) return refuse('malformed', 'claim -70003 is not a list of wire names')
  return accept({ model, firmware, version, metrics: names })
}

/** The text of UTF-8 bytes, `undefined` where they are none. */
function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Distinct known wire names, at least one. */
function parseWires(value: CborValue | undefined): MetricName[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > metrics.length) return undefined
  const names = new Set<MetricName>()
  for (const wire of value as readonly CborValue[]) {
    const metric = typeof wire === 'string' ? metricByWire(wire) : undefined
    if (metric === undefined) return undefined
    names.add(metric.name)
  }
  return names.size === value.length ? [...names] : undefined
}

function parsePlace(claims: CborMap): Result<{ owner?: string; cell?: string }> {
  const place: { owner?: string; cell?: string } = {}
  if (claims.has(ownerClaim)) {
    const text = claims.get(ownerClaim)
    const owner = typeof text === 'string' ? parseAddress(text) : undefined
    if (owner === undefined) return refuse('malformed', 'claim -70001 is not an address')
    place.owner = owner
  }
  if (claims.has(cellClaim)) {
    const cell = claims.get(cellClaim)
    if (typeof cell !== 'string' || !isRegistrableCell(cell))
      return refuse('malformed', 'claim -70002 is not an H3 cell of resolution 7 or coarser')
    place.cell = cell
  }
  return accept(place)
}

function parseWish(claims: CborMap, listed: readonly MetricName[]): Result<Partial<Consent>> {
  const soldMetrics = readSoldMetrics(claims.get(soldMetricsClaim))
  const soldResolution = readSoldResolution(claims.get(soldResolutionClaim))
  if (claims.has(soldMetricsClaim) && soldMetrics === undefined)
    return refuse('malformed', 'claim -70004 is not a list of wire names in order')
  if (claims.has(soldResolutionClaim) && soldResolution === undefined)
    return refuse('malformed', 'claim -70005 is not a resolution from 3 to 7')
  const wish = {
    ...(soldMetrics === undefined ? {} : { soldMetrics }),
    ...(soldResolution === undefined ? {} : { soldResolution }),
  }
  return isWithinConsent(wish, fullConsent(listed))
    ? accept(wish)
    : refuse('malformed', 'claim -70004 names a metric that claim -70003 does not')
}

/** The consent under which a device is admitted where nobody says another one. */
export function wishOf({ metrics: listed, soldMetrics, soldResolution }: EnrolmentFields): Consent {
  const full = fullConsent(listed)
  return {
    soldMetrics: soldMetrics ?? full.soldMetrics,
    soldResolution: soldResolution ?? full.soldResolution,
  }
}

/**
 * The proof that the device holds the key: signature under the key inside, kid, network, and that
 * the key is canonical and of prime order. `nonce`: what this gateway asked for, where it asked.
 */
export function verifyEnrolment(
  enrolment: Enrolment,
  network: string,
  verify: VerifySignature,
  nonce?: Uint8Array,
): Result<undefined> {
  const { key, opened } = enrolment
  if (nonce !== undefined && !equal(nonce, enrolment.nonce))
    return refuse('replayed', 'the proof answers another nonce')
  const checked = checkCnf(opened, key, 'en', network, verify)
  if (!checked.ok) return checked
  return isEnrollableKey(key)
    ? accept(undefined)
    : refuse('bad-signature', 'the key is not a canonical point of prime order')
}
