/** What an approval must say before it becomes an `ap` entry (PROTOCOL 2.3). */
import { parseAddress } from '../core/device/address.js'
import type { AdmissionFields } from '../core/device/admission.js'
import { isRegistrableCell } from '../core/device/cell.js'
import { consentOf, isWithinConsent } from '../core/device/consent.js'
import { type Enrolment, wishOf } from '../core/device/enrolment.js'
import { verifyOwnerApproval } from '../core/device/ownerApproval.js'
import { intervalSecMax, intervalSecMin } from '../core/limits.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Approval } from '../ports/operations.js'
import { signatureOf } from './consent.js'

/** The candidate that is approved. */
export interface Subject {
  device: string
  enrolment: Enrolment
  /** Leaf hash of its `en`, 32 bytes. */
  proof: Uint8Array
  network: string
}

/** Checks what the operator said; in owner-signed mode also the owner's signature. */
export async function approvalFields(
  subject: Subject,
  approval: Approval,
  nowMs: number,
  ownerSigned: { chainId: number } | undefined,
): Promise<Result<AdmissionFields>> {
  const owner = parseAddress(approval.owner)
  if (owner === undefined) {
    return refuse('malformed', 'owner is not an address: 0x and 40 hex digits, right checksum')
  }
  const { cell, intervalSec, placement } = approval
  if (!isRegistrableCell(cell)) {
    return refuse('malformed', 'cell is not an H3 index (15 hex digits) of resolution 7 or coarser')
  }
  const isIntervalWithin =
    intervalSec === undefined ||
    (Number.isInteger(intervalSec) &&
      intervalSec >= intervalSecMin &&
      intervalSec <= intervalSecMax)
  if (!isIntervalWithin) {
    return refuse('malformed', `interval is not ${intervalSecMin} to ${intervalSecMax} seconds`)
  }
  const consent = consentOf(approval, subject.enrolment.metrics)
  if (!consent.ok) return consent
  if (ownerSigned && !isWithinConsent(consent.value, wishOf(subject.enrolment)))
    return refuse('bad-signature', 'the enrolment asks for less to be sold: its owner signs more')
  const iat = Math.floor(nowMs / 1000)
  if (ownerSigned) {
    const signed = await checkOwner(subject, owner, approval, ownerSigned.chainId, iat)
    if (!signed.ok) return signed
  }
  return accept({
    device: subject.device,
    iat,
    state: 'active',
    owner,
    cell,
    proof: subject.proof,
    ...(intervalSec === undefined ? {} : { intervalSec }),
    ...(placement === undefined ? {} : { placement }),
    ...(approval.simulated === undefined ? {} : { simulated: approval.simulated }),
    ...consent.value,
  })
}

async function checkOwner(
  subject: Subject,
  owner: string,
  approval: Approval,
  chainId: number,
  nowSec: number,
): Promise<Result<undefined>> {
  const signed = signatureOf(approval)
  if (!signed.ok) return signed
  const { signature, notAfter } = signed.value
  const statement = {
    chainId,
    network: subject.network,
    deviceKey: subject.enrolment.key,
    owner,
    cell: approval.cell,
    notAfter,
    nonce: subject.proof,
  }
  return verifyOwnerApproval(statement, signature, nowSec)
}
