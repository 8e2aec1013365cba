/**
 * The owner's word where `enrolment.mode` is `owner-signed` (PROTOCOL 2.3): an EIP-712 signature over
 * Enrol(string network,bytes32 deviceKey,address owner,string cell,uint64 notAfter,bytes32 nonce).
 */
import type { Result } from '../verdict.js'
import { addressWord, textHash, typedDigest, uintWord, verifyAccount } from './typedData.js'

export interface OwnerApproval {
  chainId: number
  network: string
  /** 32 bytes. */
  deviceKey: Uint8Array
  /** EVM address. */
  owner: string
  cell: string
  /** Unix seconds; the signature is good up to and including it. */
  notAfter: number
  /** Leaf hash of the `en`, 32 bytes. */
  nonce: Uint8Array
}

const enrolType =
  'Enrol(string network,bytes32 deviceKey,address owner,string cell,uint64 notAfter,bytes32 nonce)'

/** What the owner signs, 32 bytes. */
export function ownerApprovalDigest(approval: OwnerApproval): Uint8Array {
  return typedDigest(approval.chainId, enrolType, [
    textHash(approval.network),
    approval.deviceKey,
    addressWord(approval.owner),
    textHash(approval.cell),
    uintWord(approval.notAfter),
    approval.nonce,
  ])
}

/** Whether the owner signed this approval and it has not run out. `signature`: 65 bytes, r s v. */
export function verifyOwnerApproval(
  approval: OwnerApproval,
  signature: Uint8Array,
  nowSec: number,
): Promise<Result<undefined>> {
  const { notAfter, owner } = approval
  return verifyAccount(ownerApprovalDigest(approval), owner, signature, { notAfter, nowSec })
}
