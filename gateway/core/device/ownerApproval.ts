/**
 * The owner's word where `enrolment.mode` is `owner-signed` (PROTOCOL 2.3): an EIP-712 signature over
 * Enrol(string network,bytes32 deviceKey,address owner,string cell,uint64 notAfter,bytes32 nonce).
 */
import { concat, utf8 } from '../bytes.js'
import { keccak256, recoverAddress } from '../crypto.js'
import { assert } from '../failure.js'
import { accept, type Result, refuse } from '../verdict.js'
import { addressBytes, formatAddress } from './address.js'

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

const domainType = 'EIP712Domain(string name,string version,uint256 chainId)'
const enrolType =
  'Enrol(string network,bytes32 deviceKey,address owner,string cell,uint64 notAfter,bytes32 nonce)'

/** What the owner signs: keccak256(19 01 || domain separator || struct hash), 32 bytes. */
export function ownerApprovalDigest(approval: OwnerApproval): Uint8Array {
  const domain = keccak256(
    textHash(domainType),
    textHash('FieldProof'),
    textHash('1'),
    uintWord(approval.chainId),
  )
  const owner = addressBytes(approval.owner)
  assert(owner !== undefined, 'the owner is an address')
  const struct = keccak256(
    textHash(enrolType),
    textHash(approval.network),
    approval.deviceKey,
    concat(new Uint8Array(12), owner),
    textHash(approval.cell),
    uintWord(approval.notAfter),
    approval.nonce,
  )
  return keccak256(Uint8Array.of(0x19, 0x01), domain, struct)
}

/** Whether the owner signed this approval and it has not run out. `signature`: 65 bytes, r s v. */
export async function verifyOwnerApproval(
  approval: OwnerApproval,
  signature: Uint8Array,
  nowSec: number,
): Promise<Result<undefined>> {
  if (approval.notAfter < nowSec) return refuse('bad-time', "the owner's approval has run out")
  const signer = await recoverAddress(ownerApprovalDigest(approval), signature)
  const owner = addressBytes(approval.owner)
  if (signer === undefined || owner === undefined || formatAddress(signer) !== formatAddress(owner))
    return refuse('bad-signature', 'the owner did not sign this approval')
  return accept(undefined)
}

function textHash(text: string): Uint8Array {
  return keccak256(utf8(text))
}

/** A non-negative integer below 2^53 as a 32-byte word. */
function uintWord(value: number): Uint8Array {
  const word = new Uint8Array(32)
  new DataView(word.buffer).setBigUint64(24, BigInt(value))
  return word
}
