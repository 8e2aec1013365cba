/** EIP-712 as far as owners sign it: one domain, types without nesting (PROTOCOL 2.3). */
import { utf8 } from '../bytes.js'
import { keccak256, recoverAddress } from '../crypto.js'
import { assert } from '../failure.js'
import { accept, type Result, refuse } from '../verdict.js'
import { addressBytes, formatAddress } from './address.js'

const domainType = 'EIP712Domain(string name,string version,uint256 chainId)'

/** What is signed: keccak256(19 01 || domain separator || struct hash), 32 bytes. */
export function typedDigest(
  chainId: number,
  type: string,
  words: readonly Uint8Array[],
): Uint8Array {
  const domain = keccak256(
    textHash(domainType),
    textHash('FieldProof'),
    textHash('1'),
    uintWord(chainId),
  )
  return keccak256(Uint8Array.of(0x19, 0x01), domain, keccak256(textHash(type), ...words))
}

/** The word of a `string`. */
export function textHash(text: string): Uint8Array {
  return keccak256(utf8(text))
}

/** The word of a non-negative integer below 2^53. */
export function uintWord(value: number): Uint8Array {
  const word = new Uint8Array(32)
  new DataView(word.buffer).setBigUint64(24, BigInt(value))
  return word
}

/** The word of an `address`. */
export function addressWord(address: string): Uint8Array {
  const bytes = addressBytes(address)
  assert(bytes !== undefined, 'an account is an address')
  const word = new Uint8Array(32)
  word.set(bytes, 12)
  return word
}

/** Whether an account signed a digest, and not too late. `signature`: 65 bytes, r s v. */
export async function verifyAccount(
  digest: Uint8Array,
  account: string,
  signature: Uint8Array,
  time: { readonly notAfter: number; readonly nowSec: number },
): Promise<Result<undefined>> {
  if (time.notAfter < time.nowSec) return refuse('bad-time', "the owner's signature has run out")
  const signer = await recoverAddress(digest, signature)
  const wanted = addressBytes(account)
  return signer !== undefined &&
    wanted !== undefined &&
    formatAddress(signer) === formatAddress(wanted)
    ? accept(undefined)
    : refuse('bad-signature', 'the owner did not sign this')
}
