/** What a change of consent must say before it becomes an `ap` entry (PROTOCOL 2.3, 7). */
import { fromHex } from '../core/bytes.js'
import type { AdmissionFields } from '../core/device/admission.js'
import { consentOf } from '../core/device/consent.js'
import { verifyOwnerConsent } from '../core/device/ownerConsent.js'
import type { Device } from '../core/device/registry.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { ConsentChange, OwnerSignature } from '../ports/operations.js'

/**
 * The admission that says it, state unchanged; both terms are in it, so that the entry alone shows
 * what was agreed. In owner-signed mode the owner has signed exactly that.
 */
export async function consentFields(
  network: string,
  device: Device,
  change: ConsentChange,
  nowMs: number,
  ownerSigned: { chainId: number } | undefined,
): Promise<Result<AdmissionFields>> {
  const { soldMetrics, soldResolution } = change
  if (soldMetrics === undefined && soldResolution === undefined)
    return refuse('malformed', 'a consent names metrics, a resolution, or both')
  const words = consentOf(change, device.metrics)
  if (!words.ok) return words
  const terms = {
    soldMetrics: words.value.soldMetrics ?? device.soldMetrics,
    soldResolution: words.value.soldResolution ?? device.soldResolution,
  }
  const iat = Math.floor(nowMs / 1000)
  if (ownerSigned) {
    const signed = signatureOf(change)
    if (!signed.ok) return signed
    const { chainId } = ownerSigned
    const { signature, notAfter } = signed.value
    const nonce = device.admission
    const statement = { chainId, network, device: device.id, notAfter, nonce, ...terms }
    const verified = await verifyOwnerConsent(statement, device.owner, signature, iat)
    if (!verified.ok) return verified
  }
  return accept({ device: device.id, iat, state: device.state, ...terms })
}

/** The owner's signature in bytes; refused where one of both words is missing. */
export function signatureOf({
  signature,
  notAfter,
}: OwnerSignature): Result<{ signature: Uint8Array; notAfter: number }> {
  const bytes = signature?.startsWith('0x') ? fromHex(signature.slice(2)) : undefined
  return bytes?.length === 65 && notAfter !== undefined
    ? accept({ signature: bytes, notAfter })
    : refuse('bad-signature', "this gateway needs the owner's signature (65 bytes) and notAfter")
}
