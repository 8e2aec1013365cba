import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromB64u, fromHex, toB64u, utf8 } from '../../../gateway/core/bytes.js'
import { type CborMap, type CborValue, decode, encode } from '../../../gateway/core/cbor/codec.js'
import { coseKey } from '../../../gateway/core/cose/header.js'
import { assembleSign1, type Kind, parseSign1 } from '../../../gateway/core/cose/sign1.js'
import { ed25519Verify } from '../../../gateway/core/crypto.js'
import {
  encodeAdmission,
  parseAdmission,
  verifyAdmission,
} from '../../../gateway/core/device/admission.js'
import {
  connectTyp,
  encodeConnectToken,
  parseConnectToken,
  verifyConnectToken,
} from '../../../gateway/core/device/connect.js'
import * as downlink from '../../../gateway/core/device/downlink.js'
import {
  type EnrolmentFields,
  encodeEnrolment,
  enrolmentTyp,
  parseEnrolment,
  verifyEnrolment,
} from '../../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import {
  isSignedBy,
  type KeyHolder,
  sealClaims,
  sealPayload,
} from '../../../gateway/core/device/message.js'
import {
  encodeRotation,
  encodeSelfRevocation,
  parseRotation,
  parseSelfRevocation,
  verifyRotation,
  verifySelfRevocation,
} from '../../../gateway/core/device/rotation.js'
import type { Result } from '../../../gateway/core/verdict.js'
import { holderOf } from '../../support/holder.js'

const network = 'testnet'
const alice = holderOf(1)
const bob = holderOf(2)
const gateway = holderOf(9)
const device = deviceIdOf(alice.publicKey)
const now = 1_762_000_000
/** A key of order 8: anyone can make signatures that the bare equation takes. */
const smallKey = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')!

const enrolmentFields: EnrolmentFields = {
  nonce: Uint8Array.of(1, 2, 3, 4),
  model: 'fp-uno',
  firmware: 'fieldproof',
  version: '1.0.3',
  metrics: ['temperature', 'pm25'],
  owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  cell: '871fb4670ffffff',
}

function claimsOf(entries: [CborValue, CborValue][]): CborMap {
  return new Map(entries)
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`)
  return result.value
}

function reasonOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.reason
}

/** The claims of an `en` that is right, with some put in, changed or (undefined) left out. */
function enrolmentClaims(changes: Record<string, CborValue | undefined> = {}): CborMap {
  const claims = claimsOf([
    [3, network],
    [8, claimsOf([[1, coseKey(alice.publicKey)]])],
    [10, new Uint8Array(0)],
    [259, utf8('model')],
    [270, 'firmware'],
    [271, ['1.0']],
    [-70003, ['t']],
  ])
  for (const [key, claim] of Object.entries(changes)) {
    if (claim === undefined) claims.delete(Number(key))
    else claims.set(Number(key), claim)
  }
  return claims
}

describe('enrolment', () => {
  it('says who and what the device is', () => {
    const bytes = encodeEnrolment(enrolmentFields, alice, network)
    const enrolment = value(parseEnrolment(bytes))
    expect(enrolment).toMatchObject(enrolmentFields)
    expect(enrolment.key).toEqual(alice.publicKey)
    expect(reasonOf(verifyEnrolment(enrolment, network, ed25519Verify))).toBe('ok')
    const { nonce } = enrolmentFields
    expect(reasonOf(verifyEnrolment(enrolment, network, ed25519Verify, nonce))).toBe('ok')
  })

  it('is good for one network and one nonce', () => {
    const enrolment = value(parseEnrolment(encodeEnrolment(enrolmentFields, alice, network)))
    expect(reasonOf(verifyEnrolment(enrolment, 'othernet', ed25519Verify))).toBe('bad-signature')
    const stale = Uint8Array.of(9, 9, 9, 9)
    expect(reasonOf(verifyEnrolment(enrolment, network, ed25519Verify, stale))).toBe('replayed')
  })

  it('names its network twice, and both must be this one', () => {
    const bytes = sealClaims('en', enrolmentClaims({ 3: 'othernet' }), alice, network, enrolmentTyp)
    const enrolment = value(parseEnrolment(bytes))
    expect(reasonOf(verifyEnrolment(enrolment, network, ed25519Verify))).toBe('malformed')
  })

  it('is refused where signature, key and kid do not belong together', () => {
    const judge = (holder: KeyHolder, claims: CborMap, kind: Kind = 'en'): string => {
      const parsed = parseEnrolment(sealClaims(kind, claims, holder, network, enrolmentTyp))
      return parsed.ok
        ? reasonOf(verifyEnrolment(parsed.value, network, ed25519Verify))
        : parsed.reason
    }
    expect(judge(alice, enrolmentClaims())).toBe('ok')
    const swapped = enrolmentClaims({ 8: claimsOf([[1, coseKey(bob.publicKey)]]) })
    expect(judge(alice, swapped)).toBe('bad-signature')
    // Signed by the key inside, under another's kid.
    expect(judge({ publicKey: alice.publicKey, sign: bob.sign }, swapped)).toBe('malformed')
    expect(judge({ publicKey: alice.publicKey, sign: bob.sign }, enrolmentClaims())).toBe(
      'bad-signature',
    )
    expect(judge(alice, enrolmentClaims(), 'co')).toBe('bad-signature')
    const unsigned = { publicKey: alice.publicKey, sign: () => new Uint8Array(64) }
    expect(judge(unsigned, enrolmentClaims())).toBe('bad-signature')
  })

  it('is refused for a key that cannot be enrolled, even where the signature were taken', () => {
    const small = { publicKey: smallKey, sign: () => new Uint8Array(64) }
    const claims = enrolmentClaims({ 8: claimsOf([[1, coseKey(smallKey)]]) })
    const parsed = value(parseEnrolment(sealClaims('en', claims, small, network, enrolmentTyp)))
    expect(reasonOf(verifyEnrolment(parsed, network, ed25519Verify))).toBe('bad-signature')
    const careless = verifyEnrolment(parsed, network, () => true)
    expect(careless).toMatchObject({ ok: false, detail: expect.stringMatching(/prime order/) })
  })

  it.each<[string, Record<string, CborValue | undefined>]>([
    ['no network', { 3: undefined }],
    ['no key', { 8: undefined }],
    ['cnf is a key', { 8: coseKey(alice.publicKey) }],
    [
      'cnf with more',
      {
        8: claimsOf([
          [1, coseKey(alice.publicKey)],
          [2, 'x'],
        ]),
      },
    ],
    ['key of 31 bytes', { 8: claimsOf([[1, coseKey(alice.publicKey.subarray(1))]]) }],
    ['key with a use', { 8: claimsOf([[1, new Map([...coseKey(alice.publicKey), [2, 'x']])]]) }],
    ['no nonce', { 10: undefined }],
    ['nonce is text', { 10: 'nonce' }],
    ['nonce too long', { 10: new Uint8Array(33) }],
    ['model empty', { 259: new Uint8Array(0) }],
    ['model too long', { 259: new Uint8Array(33).fill(65) }],
    ['model is text', { 259: 'model' }],
    ['model not UTF-8', { 259: Uint8Array.of(0xff) }],
    ['model moves the cursor', { 259: utf8('\u001b[2J') }],
    ['firmware empty', { 270: '' }],
    ['firmware over two lines', { 270: 'a\nb' }],
    ['firmware backwards', { 270: 'a\u202eb' }],
    ['version alone', { 271: '1.0' }],
    ['two versions', { 271: ['1.0', '1.1'] }],
    ['version is a number', { 271: [1] }],
    ['no wires', { '-70003': [] }],
    ['unknown wire', { '-70003': ['t', 'zz'] }],
    ['wire twice', { '-70003': ['t', 't'] }],
    ['owner with a wrong checksum', { '-70001': '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed' }],
    ['cell too fine', { '-70002': '881fb46741fffff' }],
    ['cell is a number', { '-70002': 7 }],
    ['a claim of another kind', { 4: now }],
  ])('is malformed: %s', (_, changes) => {
    const bytes = sealClaims('en', enrolmentClaims(changes), alice, network, enrolmentTyp)
    expect(reasonOf(parseEnrolment(bytes))).toBe('malformed')
  })

  it('is malformed with another type, none, or a payload that is no map', () => {
    const claims = enrolmentClaims()
    expect(reasonOf(parseEnrolment(sealClaims('en', claims, alice, network, connectTyp)))).toBe(
      'malformed',
    )
    expect(reasonOf(parseEnrolment(sealClaims('en', claims, alice, network)))).toBe('malformed')
    const list = sealPayload('en', encode([1]), alice, network, enrolmentTyp)
    expect(reasonOf(parseEnrolment(list))).toBe('malformed')
  })
})

describe('connect token', () => {
  const token = encodeConnectToken(alice, network, now + 600)

  it('opens a session for an hour at most', () => {
    const parsed = value(parseConnectToken(token))
    expect(parsed).toMatchObject({ key: alice.publicKey, exp: now + 600 })
    const judge = (exp: number | undefined, nowSec: number): string => {
      const one = value(parseConnectToken(encodeConnectToken(alice, network, exp)))
      return reasonOf(verifyConnectToken(one, network, nowSec, ed25519Verify))
    }
    expect(judge(undefined, now)).toBe('ok')
    expect(judge(now + 1, now)).toBe('ok')
    expect(judge(now + 3_600, now)).toBe('ok')
    expect(judge(now, now)).toBe('bad-time')
    expect(judge(now - 1, now)).toBe('bad-time')
    expect(judge(now + 3_601, now)).toBe('bad-time')
  })

  it('is tied to network, kind and registered key', () => {
    const parsed = value(parseConnectToken(token))
    const judge = (on: string, registered?: Uint8Array): string =>
      reasonOf(verifyConnectToken(parsed, on, now, ed25519Verify, registered))
    expect(judge(network, alice.publicKey)).toBe('ok')
    expect(judge('othernet')).toBe('bad-signature')
    expect(judge(network, bob.publicKey)).toBe('bad-signature')
    const enrolmentBytes = encodeEnrolment(enrolmentFields, alice, network)
    expect(reasonOf(parseConnectToken(toB64u(enrolmentBytes)))).toBe('malformed')
  })

  it('is strict base64url of one message', () => {
    for (const text of [
      '',
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token}A`,
      'a'.repeat(100_000),
    ])
      expect(reasonOf(parseConnectToken(text)), text.slice(0, 20)).toBe('malformed')
    expect(reasonOf(parseConnectToken(token.replaceAll('-', '+').replaceAll('_', '/')))).toBe(
      /[-_]/.test(token) ? 'malformed' : 'ok',
    )
  })

  it('has an expiry that is a time', () => {
    for (const exp of ['soon', -1, Uint8Array.of(1)]) {
      const claims = claimsOf([
        [3, network],
        [8, claimsOf([[1, coseKey(alice.publicKey)]])],
      ])
      claims.set(4, exp)
      const bytes = sealClaims('co', claims, alice, network, connectTyp)
      expect(reasonOf(parseConnectToken(toB64u(bytes)))).toBe('malformed')
    }
  })
})

describe('rotation', () => {
  const fields = { device, iat: now, seq: 70_001 }
  const bytes = encodeRotation(fields, alice, bob, network)

  it('is signed by the old key inside and by the new key outside', () => {
    const rotation = value(parseRotation(bytes))
    expect(rotation).toMatchObject({ ...fields, newKey: bob.publicKey })
    expect(rotation.oldKid).not.toEqual(rotation.newKid)
    expect(reasonOf(verifyRotation(rotation, alice.publicKey, network, ed25519Verify))).toBe('ok')
  })

  it('is refused where either signature is another one', () => {
    const judge = (one: Uint8Array, old = alice.publicKey, on = network): string => {
      const parsed = parseRotation(one)
      return parsed.ok
        ? reasonOf(verifyRotation(parsed.value, old, on, ed25519Verify))
        : parsed.reason
    }
    const fakeOld = { publicKey: alice.publicKey, sign: gateway.sign }
    const fakeNew = { publicKey: bob.publicKey, sign: gateway.sign }
    expect(judge(bytes)).toBe('ok')
    expect(judge(bytes, alice.publicKey, 'othernet')).toBe('bad-signature')
    expect(judge(bytes, bob.publicKey)).toBe('bad-signature')
    expect(judge(encodeRotation(fields, fakeOld, bob, network))).toBe('bad-signature')
    expect(judge(encodeRotation(fields, alice, fakeNew, network))).toBe('bad-signature')
    const inner = value(parseSign1(bytes)).payload
    // The old key's statement wrapped by somebody else.
    expect(judge(sealPayload('ro', inner, gateway, network))).toBe('bad-signature')
    expect(judge(sealPayload('rv', inner, bob, network))).toBe('bad-signature')
    expect(judge(inner)).toBe('malformed')
  })

  it('is refused where the outer kid is not the new key', () => {
    const inner = value(parseSign1(bytes)).payload
    const outer = sealPayload(
      'ro',
      inner,
      { publicKey: gateway.publicKey, sign: bob.sign },
      network,
    )
    const rotation = value(parseRotation(outer))
    expect(reasonOf(verifyRotation(rotation, alice.publicKey, network, ed25519Verify))).toBe(
      'malformed',
    )
  })

  it.each<[string, [CborValue, CborValue][]]>([
    ['seq as an integer', [[7, 70_001]]],
    ['seq not minimal', [[7, Uint8Array.of(0, 1)]]],
    ['seq too long', [[7, new Uint8Array(8).fill(1)]]],
    ['no device id', [[2, 'device']]],
    ['time as text', [[6, 'now']]],
    ['time before 1970', [[6, -1]]],
    ['a claim too many', [[99, 1]]],
  ])('is malformed: %s', (_, changes) => {
    const claims = claimsOf([[2, device], [6, now], [7, Uint8Array.of(1)], ...changes])
    const revocation = sealClaims('rv', claims, alice, network)
    expect(reasonOf(parseSelfRevocation(revocation))).toBe('malformed')
    claims.set(8, claimsOf([[1, coseKey(bob.publicKey)]]))
    const rotation = sealPayload('ro', sealClaims('ro', claims, alice, network), bob, network)
    expect(reasonOf(parseRotation(rotation))).toBe('malformed')
  })
})

describe('self-revocation', () => {
  it('is the word of the registered key', () => {
    const fields = { device, iat: now, seq: 0 }
    const parsed = value(parseSelfRevocation(encodeSelfRevocation(fields, alice, network)))
    expect(parsed).toMatchObject(fields)
    const judge = (key: Uint8Array, on = network): string =>
      reasonOf(verifySelfRevocation(parsed, key, on, ed25519Verify))
    expect(judge(alice.publicKey)).toBe('ok')
    expect(judge(bob.publicKey)).toBe('bad-signature')
    expect(judge(alice.publicKey, 'othernet')).toBe('bad-signature')
  })
})

describe('admission', () => {
  const fields = {
    device,
    iat: now,
    state: 'active' as const,
    owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    cell: '871fb4670ffffff',
    proof: new Uint8Array(32).fill(7),
    intervalSec: 60,
    placement: 'indoor' as const,
    simulated: true,
  }

  it('carries everything that the operator decided', () => {
    const parsed = value(parseAdmission(encodeAdmission(fields, gateway, network)))
    expect(parsed).toMatchObject(fields)
    const judge = (key: Uint8Array): string =>
      reasonOf(verifyAdmission(parsed, key, network, ed25519Verify))
    expect(judge(gateway.publicKey)).toBe('ok')
    expect(judge(alice.publicKey)).toBe('bad-signature')
    const short = { device, iat: now, state: 'suspended' as const }
    const { opened, ...rest } = value(parseAdmission(encodeAdmission(short, gateway, network)))
    expect(rest).toEqual(short)
    expect(opened.claims.size).toBe(3)
  })

  it.each<[string, [CborValue, CborValue]]>([
    ['pending is no state of the log', [4, 'pending']],
    ['owner', [5, '0x00']],
    ['cell', [6, 'here']],
    ['proof', [7, new Uint8Array(31)]],
    ['interval 0', [8, 0]],
    ['interval over a day', [8, 86_401]],
    ['placement', [9, 'cellar']],
    ['simulated', [10, 2]],
    ['another claim', [11, 0]],
  ])('is malformed: %s', (_, [key, claim]) => {
    const claims = claimsOf([
      [1, device],
      [3, now],
      [4, 'active'],
      [key, claim],
    ])
    expect(reasonOf(parseAdmission(sealClaims('ap', claims, gateway, network)))).toBe('malformed')
  })
})

describe('downlinks', () => {
  const time = { device, nonce: Uint8Array.of(1, 2, 3, 4), sec: now, ms: 999 }
  const configuration = { device, cmdNo: 3, iat: now, intervalSec: 60, records: 10 }
  const receipt = { device, seq: 70_000, iat: now, leaf: new Uint8Array(32).fill(3) }

  it('are read back, and signed by the gateway for their kind alone', () => {
    const tm = value(downlink.parseTime(downlink.encodeTime(time, gateway, network)))
    const cm = value(
      downlink.parseConfiguration(downlink.encodeConfiguration(configuration, gateway, network)),
    )
    const rc = value(downlink.parseReceipt(downlink.encodeReceipt(receipt, gateway, network)))
    expect(tm).toMatchObject(time)
    expect(cm).toMatchObject(configuration)
    expect(rc).toMatchObject(receipt)
    for (const [kind, { opened }] of [
      ['tm', tm],
      ['cm', cm],
      ['rc', rc],
    ] as const)
      for (const other of ['tm', 'cm', 'rc'] as const)
        expect(isSignedBy(opened, other, network, gateway.publicKey, ed25519Verify)).toBe(
          other === kind,
        )
  })

  it('have the bytes of the protocol', () => {
    const payload = (bytes: Uint8Array) => value(decode(value(parseSign1(bytes)).payload))
    expect(payload(downlink.encodeTime(time, gateway, network))).toEqual(
      new Map<number, CborValue>([
        [1, device],
        [5, time.nonce],
        [6, [now, 999]],
      ]),
    )
    expect(payload(downlink.encodeConfiguration(configuration, gateway, network))).toEqual(
      new Map<number, CborValue>([
        [1, device],
        [2, 3],
        [3, now],
        [
          4,
          new Map<CborValue, CborValue>([
            ['iv', 60],
            ['nr', 10],
          ]),
        ],
      ]),
    )
  })

  it('are malformed where a field is', () => {
    const seal = (claims: [CborValue, CborValue][]) =>
      sealClaims('tm', claimsOf([[1, device], ...claims]), gateway, network)
    const nonce = Uint8Array.of(1, 2, 3, 4)
    for (const instant of [now, [now], [now, 1_000], [now, -1], [-1, 0], [now, 0, 0], ['x', 0]])
      expect(
        reasonOf(
          downlink.parseTime(
            seal([
              [5, nonce],
              [6, instant],
            ]),
          ),
        ),
      ).toBe('malformed')
    expect(
      reasonOf(
        downlink.parseTime(
          seal([
            [5, nonce.subarray(1)],
            [6, [now, 0]],
          ]),
        ),
      ),
    ).toBe('malformed')
    for (const settings of [{ iv: 0, nr: 1 }, { iv: 60, nr: 0 }, { iv: 60, nr: 65 }, { iv: 60 }])
      expect(
        reasonOf(
          downlink.parseConfiguration(
            seal([
              [2, 1],
              [3, now],
              [4, new Map<CborValue, CborValue>(Object.entries(settings))],
            ]),
          ),
        ),
      ).toBe('malformed')
    expect(
      reasonOf(
        downlink.parseReceipt(
          seal([
            [2, -1],
            [3, now],
            [7, receipt.leaf],
          ]),
        ),
      ),
    ).toBe('malformed')
  })
})

describe('any bytes', () => {
  const parsers: [string, (bytes: Uint8Array) => Result<unknown>, Uint8Array][] = [
    ['en', parseEnrolment, encodeEnrolment(enrolmentFields, alice, network)],
    [
      'co',
      (bytes) => parseConnectToken(toB64u(bytes)),
      fromB64u(encodeConnectToken(alice, network, now))!,
    ],
    ['ro', parseRotation, encodeRotation({ device, iat: now, seq: 5 }, alice, bob, network)],
    ['rv', parseSelfRevocation, encodeSelfRevocation({ device, iat: now, seq: 5 }, alice, network)],
    [
      'ap',
      parseAdmission,
      encodeAdmission({ device, iat: now, state: 'active' }, gateway, network),
    ],
    [
      'tm',
      downlink.parseTime,
      downlink.encodeTime({ device, nonce: new Uint8Array(4), sec: 1, ms: 2 }, gateway, network),
    ],
  ]

  it.each(parsers)('%s: every truncation and extension is malformed', (_, parse, good) => {
    expect(reasonOf(parse(good))).toBe('ok')
    for (let length = 0; length < good.length; length++)
      expect(reasonOf(parse(good.subarray(0, length))), `${length} bytes`).toBe('malformed')
    expect(reasonOf(parse(new Uint8Array([...good, 0])))).toBe('malformed')
  })

  it.each(parsers)('%s: a changed byte gives a value, never an exception', (_, parse, good) => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = good.slice()
        bytes[at]! ^= change
        expect(['ok', 'malformed']).toContain(reasonOf(parse(bytes)))
      }),
      { numRuns: 400 },
    )
  })

  it('an unprotected header, or none that is protected, is malformed', () => {
    const good = value(parseSign1(parsers[0]![2]))
    const empty = assembleSign1(new Uint8Array(0), good.payload, good.signature)
    expect(reasonOf(parseEnrolment(empty))).toBe('malformed')
  })
})
