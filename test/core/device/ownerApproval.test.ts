import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { keccak256, recoverAddress } from '../../../gateway/core/crypto.js'
import { formatAddress } from '../../../gateway/core/device/address.js'
import {
  type OwnerApproval,
  ownerApprovalDigest,
  verifyOwnerApproval,
} from '../../../gateway/core/device/ownerApproval.js'

type Fields = [type: string, name: string, value: unknown][]

/** EIP-712 for types without nesting but one level: written from the standard, not from the code. */
function typeText(name: string, fields: Fields): string {
  return `${name}(${fields.map(([type, field]) => `${type} ${field}`).join(',')})`
}

function word(type: string, value: unknown): Uint8Array {
  if (type === 'string') return keccak256(utf8(String(value)))
  if (type === 'bytes32') return value as Uint8Array
  const hex = type === 'address' ? String(value).slice(2) : BigInt(value as number).toString(16)
  return fromHex(hex.padStart(64, '0'))!
}

function structHash(name: string, fields: Fields, others = ''): Uint8Array {
  const type = keccak256(utf8(typeText(name, fields) + others))
  return keccak256(type, ...fields.map(([kind, , value]) => word(kind, value)))
}

function digestOf(domain: Fields, struct: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.of(0x19, 0x01), structHash('EIP712Domain', domain), struct)
}

/** The example of EIP-712, signed by the key keccak256("cow"). */
const cow = '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826'
const cowSecret = keccak256(utf8('cow'))
const mailDigest = 'be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2'
const mailSignature =
  '4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d' +
  '07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c'

const approval: OwnerApproval = {
  chainId: 31_337,
  network: 'testnet',
  deviceKey: new Uint8Array(32).fill(5),
  owner: cow,
  cell: '871fb4670ffffff',
  notAfter: 1_762_000_000,
  nonce: new Uint8Array(32).fill(6),
}

function signed(digest: Uint8Array, secret = cowSecret): Uint8Array {
  const bytes = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' })
  return concat(bytes.subarray(1), Uint8Array.of(27 + bytes[0]!))
}

describe('owner approval', () => {
  it('has an oracle that reproduces the example of EIP-712', () => {
    const person = (name: string, wallet: string): Uint8Array =>
      structHash('Person', [
        ['string', 'name', name],
        ['address', 'wallet', wallet],
      ])
    const type = keccak256(
      utf8('Mail(Person from,Person to,string contents)Person(string name,address wallet)'),
    )
    const mail = keccak256(
      type,
      person('Cow', cow),
      person('Bob', '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB'),
      keccak256(utf8('Hello, Bob!')),
    )
    const domain: Fields = [
      ['string', 'name', 'Ether Mail'],
      ['string', 'version', '1'],
      ['uint256', 'chainId', 1],
      ['address', 'verifyingContract', '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC'],
    ]
    expect(toHex(digestOf(domain, mail))).toBe(mailDigest)
  })

  it('signs what the protocol says', () => {
    const domain: Fields = [
      ['string', 'name', 'FieldProof'],
      ['string', 'version', '1'],
      ['uint256', 'chainId', approval.chainId],
    ]
    const struct = structHash('Enrol', [
      ['string', 'network', approval.network],
      ['bytes32', 'deviceKey', approval.deviceKey],
      ['address', 'owner', approval.owner],
      ['string', 'cell', approval.cell],
      ['uint64', 'notAfter', approval.notAfter],
      ['bytes32', 'nonce', approval.nonce],
    ])
    expect(toHex(ownerApprovalDigest(approval))).toBe(toHex(digestOf(domain, struct)))
    expect(toHex(ownerApprovalDigest({ ...approval, owner: cow.toLowerCase() }))).toBe(
      toHex(ownerApprovalDigest(approval)),
    )
  })

  it('recovers the signer of the example', async () => {
    const digest = fromHex(mailDigest)!
    const signature = fromHex(mailSignature)!
    expect(formatAddress((await recoverAddress(digest, signature))!)).toBe(cow)
    const low = signature.slice()
    low[64] = 1
    expect(formatAddress((await recoverAddress(digest, low))!)).toBe(cow)
  })

  it('is the word of the owner, for these terms, in time', async () => {
    const signature = signed(ownerApprovalDigest(approval))
    const judge = async (changes: Partial<OwnerApproval> = {}, nowSec = approval.notAfter) => {
      const result = await verifyOwnerApproval({ ...approval, ...changes }, signature, nowSec)
      return result.ok ? 'ok' : result.reason
    }
    expect(await judge()).toBe('ok')
    expect(await judge({}, approval.notAfter + 1)).toBe('bad-time')
    for (const changes of [
      { chainId: 1 },
      { network: 'mainnet' },
      { deviceKey: new Uint8Array(32) },
      { owner: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
      { cell: '871fb4671ffffff' },
      { notAfter: approval.notAfter + 60 },
      { nonce: new Uint8Array(32) },
    ])
      expect(await judge(changes), JSON.stringify(Object.keys(changes))).toBe('bad-signature')
    const stranger = signed(ownerApprovalDigest(approval), keccak256(utf8('dog')))
    expect((await verifyOwnerApproval(approval, stranger, 0)).ok).toBe(false)
  })

  it('takes a signature in one form', async () => {
    const digest = ownerApprovalDigest(approval)
    const signature = signed(digest)
    const order = secp256k1.Point.CURVE().n
    const s = BigInt(`0x${toHex(signature.subarray(32, 64))}`)
    const highS = fromHex((order - s).toString(16).padStart(64, '0'))!
    const flipped = Uint8Array.of(signature[64]! === 27 ? 28 : 27)
    const malleated = concat(signature.subarray(0, 32), highS, flipped)
    expect(await recoverAddress(digest, malleated)).toBeUndefined()
    for (const bad of [
      signature.subarray(0, 64),
      concat(signature, Uint8Array.of(0)),
      new Uint8Array(65),
      new Uint8Array(65).fill(0xff),
      concat(signature.subarray(0, 64), Uint8Array.of(2)),
      concat(signature.subarray(0, 64), Uint8Array.of(29)),
    ])
      expect(await recoverAddress(digest, bad)).toBeUndefined()
    expect(await recoverAddress(digest.subarray(1), signature)).toBeUndefined()
  })
})
