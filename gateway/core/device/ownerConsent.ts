/**
 * The owner's word on what of a device is sold, where `enrolment.mode` is `owner-signed`: an EIP-712
 * signature over
 * Consent(string network,string device,string metrics,uint8 resolution,uint64 notAfter,bytes32 nonce).
 */
import type { Result } from '../verdict.js'
import type { Consent } from './consent.js'
import { textHash, typedDigest, uintWord, verifyAccount } from './typedData.js'

export interface OwnerConsent extends Consent {
  chainId: number
  network: string
  /** Device id. */
  device: string
  /** Unix seconds; the signature is good up to and including it. */
  notAfter: number
  /** Leaf hash of the device's newest `ap`, 32 bytes: every consent makes another one. */
  nonce: Uint8Array
}

const consentType =
  'Consent(string network,string device,string metrics,uint8 resolution,uint64 notAfter,bytes32 nonce)'

/** `metrics` of the signed text: names, ascending, with commas between them; empty for none. */
export function consentText({ soldMetrics }: Pick<Consent, 'soldMetrics'>): string {
  return soldMetrics.toSorted().join(',')
}

/** What the owner signs, 32 bytes. */
export function ownerConsentDigest(consent: OwnerConsent): Uint8Array {
  return typedDigest(consent.chainId, consentType, [
    textHash(consent.network),
    textHash(consent.device),
    textHash(consentText(consent)),
    uintWord(consent.soldResolution),
    uintWord(consent.notAfter),
    consent.nonce,
  ])
}

/** Whether `owner` signed this consent and it has not run out. `signature`: 65 bytes, r s v. */
export function verifyOwnerConsent(
  consent: OwnerConsent,
  owner: string,
  signature: Uint8Array,
  nowSec: number,
): Promise<Result<undefined>> {
  const { notAfter } = consent
  return verifyAccount(ownerConsentDigest(consent), owner, signature, { notAfter, nowSec })
}
