/** What an approval must say before it becomes an `ap` entry (PROTOCOL 2.3). */
import { fromHex } from '../core/bytes.js'
import { parseAddress } from '../core/device/address.js'
import type { AdmissionFields } from '../core/device/admission.js'
import { isRegistrableCell } from '../core/device/cell.js'
import { verifyOwnerApproval } from '../core/device/ownerApproval.js'
import { intervalSecMax, intervalSecMin } from '../core/limits.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Approval } from '../ports/operations.js'

/** The candidate that is approved. */
export interface Subject {
  device: string
  /** 32 bytes. */
  key: Uint8Array
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
  })
}

async function checkOwner(
  subject: Subject,
  owner: string,
  approval: Approval,
  chainId: number,
  nowSec: number,
): Promise<Result<undefined>> {
  const { signature, notAfter } = approval
  const bytes = signature?.startsWith('0x') ? fromHex(signature.slice(2)) : undefined
  if (bytes?.length !== 65 || notAfter === undefined) {
    return refuse(
      'bad-signature',
      "this gateway needs the owner's signature (65 bytes) and notAfter",
    )
  }
  const statement = {
    chainId,
    network: subject.network,
    deviceKey: subject.key,
    owner,
    cell: approval.cell,
    notAfter,
    nonce: subject.proof,
  }
  return verifyOwnerApproval(statement, bytes, nowSec)
}
