/** Enrolment proofs that are refused, over MQTT by `res`, over serial in the gateway's log. */
import { utf8 } from '../../../gateway/core/bytes.js'
import { type CborMap, type CborValue, encode } from '../../../gateway/core/cbor/codec.js'
import { encodeCnf } from '../../../gateway/core/device/cnf.js'
import { enrolmentTyp } from '../../../gateway/core/device/enrolment.js'
import { kidOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import type { Reason } from '../../../gateway/core/verdict.js'
import { bstr, hex, int, map } from '../../../schemas/vectors/raw.js'
import { headerOf, type SealParts, seal } from '../../support/seal.js'
import { weakKeys } from '../../support/weakKeys.js'
import { network } from './case.js'
import { candidate, hostile, stranger } from './holders.js'

export interface EnrolmentCase {
  name: string
  /** Over MQTT, where the topic names the candidate. */
  mqtt: Reason
  serial: Reason
  /** Who the proof is of: on serial the board says hello as this device. */
  holder: KeyHolder
  /** `nonce`: what the gateway asked for; empty over MQTT. */
  make(nonce: Uint8Array): Uint8Array
}

/** An honest proof, but for these claims and the way in which it is sealed. */
function proof(
  nonce: Uint8Array,
  claims: [number, CborValue | undefined][] = [],
  parts: Partial<SealParts> = {},
): Uint8Array {
  const { holder = candidate } = parts
  const all: CborMap = new Map<CborValue, CborValue>([
    [3, network],
    [8, encodeCnf(holder.publicKey)],
    [10, nonce],
    [259, utf8('board')],
    [270, 'firmware'],
    [271, ['1.0']],
    [-70003, ['t']],
  ])
  for (const [claim, value] of claims) {
    if (value === undefined) all.delete(claim)
    else all.set(claim, value)
  }
  const base = { kind: 'en', network, holder, typ: enrolmentTyp } as const
  return seal({ ...base, payload: encode(all), ...parts })
}

function of(
  reason: Reason,
  rows: readonly [name: string, make: (nonce: Uint8Array) => Uint8Array][],
): EnrolmentCase[] {
  return rows.map(([name, make]) => {
    return { name, mqtt: reason, serial: reason, holder: candidate, make }
  })
}

/** A claim of this value, everything else honest. */
function claim(key: number, value: CborValue | undefined) {
  return (nonce: Uint8Array): Uint8Array => proof(nonce, [[key, value]])
}

const wrongForm = of('malformed', [
  ['no CBOR', () => hex('ff')],
  ['cut', (nonce) => proof(nonce).subarray(0, -1)],
  [
    'unprotected header',
    (nonce) => proof(nonce, [], { unprotected: map(int(4), bstr(hex('00'))) }),
  ],
  ['without its type', (nonce) => proof(nonce, [], header({}))],
  [
    'of the type of a connect token',
    (nonce) => proof(nonce, [], header({ typ: 'fp-connect+cwt' })),
  ],
  ['algorithm ES256', (nonce) => proof(nonce, [], header({ alg: int(-7), typ: enrolmentTyp }))],
  ['payload an array', (nonce) => proof(nonce, [], { payload: hex('80') })],
  ['500 arrays inside one another', (nonce) => proof(nonce, [], { payload: bomb() })],
  ['a claim more', claim(11, 1)],
  ['without network', claim(3, undefined)],
  ['a key with its private part', claim(8, new Map([[1, privateKey()]]))],
  ['a key of 31 bytes', claim(8, encodeCnf(new Uint8Array(31)))],
  ['two keys', claim(8, new Map([...encodeCnf(candidate.publicKey), [2, 0]]))],
  ['a model of 33 bytes', claim(259, new Uint8Array(33).fill(0x61))],
  ['a model as text', claim(259, 'board')],
  ['a model with an escape sequence', claim(259, utf8('\u001b[2J'))],
  ['a firmware name that runs backwards', claim(270, 'a\u202eb')],
  ['two versions', claim(271, ['1', '2'])],
  ['no metric', claim(-70003, [])],
  ['a metric twice', claim(-70003, ['t', 't'])],
  ['an unknown metric', claim(-70003, ['__proto__'])],
  ['an owner with a wrong checksum', claim(-70001, '0x52908400098527886E0F7030069857D2E4169Ee7')],
  ['a cell of resolution 8', claim(-70002, '881963aa95fffff')],
])

const wrongKey: EnrolmentCase[] = [
  ...of('bad-signature', [
    ['for another network', (nonce) => proof(nonce, [[3, 'mainnet']], { network: 'mainnet' })],
    ['signed as a connect token', (nonce) => proof(nonce, [], { kind: 'co' })],
    [
      'signed by another key than the one inside',
      (nonce) => proof(nonce, [], { holder: signedBy(stranger) }),
    ],
  ]),
  ...of('unknown-device', [['with the kid of no key', (nonce) => proof(nonce, [], noKid())]]),
  ...[stranger, hostile].map((holder, i): EnrolmentCase => {
    const name = i === 0 ? 'of another device' : 'of an enrolled device'
    const make = (nonce: Uint8Array) => proof(nonce, [], { holder })
    return { name, mqtt: 'unknown-device', serial: 'unknown-device', holder: candidate, make }
  }),
  // Over MQTT nobody can log in with such a key, so the topic is another one's.
  ...weakKeys.map((weak): EnrolmentCase => {
    const make = (nonce: Uint8Array) => proof(nonce, [], { holder: weak })
    return {
      name: `of a key ${weak.name}`,
      mqtt: 'unknown-device',
      serial: 'bad-signature',
      holder: weak,
      make,
    }
  }),
]

/** For serial alone: over MQTT no nonce is asked for. */
export const wrongNonces: readonly EnrolmentCase[] = of('replayed', [
  ['with another nonce', (nonce) => proof(nonce.map((byte) => byte ^ 1))],
  ['with no nonce', () => proof(new Uint8Array())],
  ['with half of the nonce', (nonce) => proof(nonce.subarray(0, 8))],
])

function header({ typ, alg, kid = kidOf(candidate.publicKey) }: HeaderChange) {
  const parts = { kid, ...(alg ? { alg } : {}), ...(typ === undefined ? {} : { typ }) }
  return { protectedBytes: headerOf(parts) }
}

function noKid(): Partial<SealParts> {
  return header({ kid: new Uint8Array(8), typ: enrolmentTyp })
}

interface HeaderChange {
  typ?: string
  alg?: Uint8Array
  kid?: Uint8Array
}

function bomb(): Uint8Array {
  return new Uint8Array(500).fill(0x81)
}

function privateKey(): CborMap {
  return new Map<CborValue, CborValue>([
    [1, 1],
    [-1, 6],
    [-2, candidate.publicKey],
    [-4, new Uint8Array(32)],
  ])
}

function signedBy(other: KeyHolder): KeyHolder {
  return { publicKey: candidate.publicKey, sign: other.sign }
}

/** What is wrong over either way. */
export const enrolments: readonly EnrolmentCase[] = [...wrongForm, ...wrongKey]
