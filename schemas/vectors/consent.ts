/** Consent: admissions and enrolments that carry it, what owners sign, and forms that are refused. */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { fromHex, toHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, keccak256 } from '../../gateway/core/crypto.js'
import { formatAddress } from '../../gateway/core/device/address.js'
import { encodeAdmission, parseAdmission } from '../../gateway/core/device/admission.js'
import { encodeEnrolment, parseEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { type KeyHolder, sealPayload } from '../../gateway/core/device/message.js'
import { consentText, ownerConsentDigest } from '../../gateway/core/device/ownerConsent.js'
import { proofLeaf } from '../../gateway/core/device/registry.js'
import type { MetricName } from '../../gateway/core/metric.js'
import { seed1, seed2, vectorNetwork, vectorTime } from './message.js'
import { array, int, map, tstr } from './raw.js'

const gateway = holderOf(seed2)
const device = holderOf(seed1)
const id = deviceIdOf(device.publicKey)
const listed: readonly MetricName[] = ['temperature', 'humidity', 'noise', 'battery']
/** The key of the example in EIP-712: keccak256("cow"). */
const ownerSecret = keccak256(new TextEncoder().encode('cow'))

/** The content of consent.json. */
export function consentVectors(): object {
  const enrolment = enrolmentOf({ soldMetrics: ['humidity', 'noise'], soldResolution: 6 })
  const terms = [
    { soldMetrics: ['humidity', 'temperature'], soldResolution: 5 },
    { soldMetrics: [], soldResolution: 7 },
    { soldMetrics: ['noise'] },
    { soldResolution: 3 },
  ] as const
  return {
    network: vectorNetwork,
    gateway: toHex(gateway.publicKey),
    device: { id, key: toHex(device.publicKey) },
    enrolments: [enrolment, enrolmentOf({})].map(enrolmentVector),
    admissions: terms.map((one) => admissionVector(admissionOf(one))),
    signed: [
      { chainId: 1, resolution: 5, metrics: ['humidity', 'temperature'] as const },
      { chainId: 31_337, resolution: 7, metrics: [] },
    ].map((one) => signedVector(one, proofLeaf(admissionOf(terms[0])))),
    refused: refusedClaims.map(([name, ...claims]) => ({
      name,
      hex: toHex(sealPayload('ap', admissionMap(...claims), gateway, vectorNetwork)),
    })),
  }
}

type Terms = Partial<{ soldMetrics: readonly MetricName[]; soldResolution: number }>

function enrolmentOf(wish: Terms): Uint8Array {
  const words = { model: 'FP-Solo', firmware: 'fieldproof-solo', version: '1.0.3' }
  const fields = { ...words, nonce: new Uint8Array(0), metrics: listed, ...wish }
  return encodeEnrolment(fields, device, vectorNetwork)
}

function admissionOf(terms: Terms): Uint8Array {
  const fields = { device: id, iat: vectorTime, state: 'active' as const, ...terms }
  return encodeAdmission(fields, gateway, vectorNetwork)
}

function enrolmentVector(bytes: Uint8Array): object {
  const parsed = parseEnrolment(bytes)
  if (!parsed.ok) throw new Error(parsed.detail)
  const { soldMetrics = null, soldResolution = null } = parsed.value
  return { soldMetrics, soldResolution, leaf: toHex(proofLeaf(bytes)), hex: toHex(bytes) }
}

function admissionVector(bytes: Uint8Array): object {
  const parsed = parseAdmission(bytes)
  if (!parsed.ok) throw new Error(parsed.detail)
  const { soldMetrics = null, soldResolution = null } = parsed.value
  return { soldMetrics, soldResolution, leaf: toHex(proofLeaf(bytes)), hex: toHex(bytes) }
}

/** Signatures are deterministic (RFC 6979). */
function signedVector(
  word: { chainId: number; resolution: number; metrics: readonly MetricName[] },
  nonce: Uint8Array,
): object {
  const { chainId, resolution: soldResolution, metrics: soldMetrics } = word
  const notAfter = vectorTime + 3_600
  const consent = { soldMetrics, soldResolution, chainId, network: vectorNetwork, device: id }
  const digest = ownerConsentDigest({ ...consent, notAfter, nonce })
  const bytes = secp256k1.sign(digest, ownerSecret, { prehash: false, format: 'recovered' })
  const signature = `0x${toHex(bytes.subarray(1))}${(27 + bytes[0]!).toString(16)}`
  const metrics = consentText(consent)
  const owner = formatAddress(fromHex('cd2a3d9f938e13cd947ec05abc7fe734df8dd826')!)
  const words = { chainId, owner, metrics, resolution: soldResolution, notAfter }
  return { ...words, nonce: toHex(nonce), digest: toHex(digest), signature }
}

const refusedClaims: readonly [name: string, ...claims: Uint8Array[]][] = [
  ['battery', int(11), array(tstr('t'), tstr('v'))],
  ['not ascending', int(11), array(tstr('t'), tstr('h'))],
  ['a metric twice', int(11), array(tstr('h'), tstr('h'))],
  ['an unknown metric', int(11), array(tstr('x'))],
  ['a name instead of a wire name', int(11), array(tstr('temperature'))],
  ['a text instead of a list', int(11), tstr('t')],
  ['resolution 2', int(12), int(2)],
  ['resolution 8', int(12), int(8)],
  ['a resolution as text', int(12), tstr('7')],
]

/** The claims of an admission that is good otherwise, in their order. */
function admissionMap(...claims: Uint8Array[]): Uint8Array {
  return map(int(1), tstr(id), int(3), int(vectorTime), int(4), tstr('active'), ...claims)
}

function holderOf(seed: Uint8Array): KeyHolder {
  return { publicKey: ed25519PublicKey(seed), sign: (message) => ed25519Sign(message, seed) }
}
