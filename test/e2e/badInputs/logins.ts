/** MQTT logins that are refused: connect tokens, names, Wills. All but the first kind get code 5. */
import { toB64u } from '../../../gateway/core/bytes.js'
import { type CborMap, type CborValue, encode } from '../../../gateway/core/cbor/codec.js'
import { encodeCnf } from '../../../gateway/core/device/cnf.js'
import { connectTyp, encodeConnectToken } from '../../../gateway/core/device/connect.js'
import { enrolmentTyp } from '../../../gateway/core/device/enrolment.js'
import { deviceIdOf, kidOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { bstr, hex, int, map, tstr } from '../../../schemas/vectors/raw.js'
import { type ConnectOptions, connectPacket } from '../../adapters/mqtt/rawClient.js'
import { readingOf } from '../../support/reading.js'
import { headerOf, type SealParts, seal } from '../../support/seal.js'
import { weakKeys } from '../../support/weakKeys.js'
import { network } from './case.js'
import {
  hostile,
  hostileId,
  mainId,
  revoked,
  rotatedFrom,
  rotatedId,
  rotatedTo,
  stranger,
  strangerId,
  suspended,
} from './holders.js'

export interface LoginCase {
  name: string
  /** What it is counted under, and what CONNACK says. */
  reason: 'login' | 'client-id' | 'will'
  code: 2 | 5
  /** CONNECT, made when it is sent. `nowSec`: Unix seconds. */
  make(nowSec: number): Buffer
}

/** A token of the hostile device, but for these claims and the way in which it is sealed. */
function token(
  claims: [number, CborValue | undefined][] = [],
  parts: Partial<SealParts> = {},
): string {
  const { holder = hostile } = parts
  const all: CborMap = new Map<CborValue, CborValue>([
    [3, network],
    [8, encodeCnf(holder.publicKey)],
  ])
  for (const [claim, value] of claims) {
    if (value === undefined) all.delete(claim)
    else all.set(claim, value)
  }
  const base = { kind: 'co', network, holder, typ: connectTyp } as const
  return toB64u(seal({ ...base, payload: encode(all), ...parts }))
}

/** Logins with this password in the name of the hostile device. */
function passwords(rows: readonly [string, (nowSec: number) => string][]): LoginCase[] {
  return rows.map(([name, password]) => ({
    name,
    reason: 'login',
    code: 5,
    make: (nowSec) => connectPacket(hostileId, { password: password(nowSec) }),
  }))
}

/** Logins under this name with a good token of that key. */
function names(rows: readonly [string, string, KeyHolder][]): LoginCase[] {
  return rows.map(([name, user, holder]) => ({
    name,
    reason: 'login',
    code: 5,
    make: () => connectPacket(user, { password: encodeConnectToken(holder, network) }),
  }))
}

const good = encodeConnectToken(hostile, network)

const texts = passwords([
  ['a password of no bytes', () => ''],
  ['a password that is a word', () => 'secret'],
  ['a token with padding', () => `${good}=`],
  ['a token with a line feed', () => `${good}\n`],
  ['a token in plain base64', () => Buffer.from(good, 'base64url').toString('base64')],
  ['a token with bits behind its last byte', () => trailingBits(good)],
  ['a token in hex', () => Buffer.from(good, 'base64url').toString('hex')],
  ['a token cut by a byte', () => good.slice(0, -2)],
  ['3,900 characters', () => 'A'.repeat(3_900)],
  ['a bomb of 1,500 arrays', () => toB64u(new Uint8Array(1_500).fill(0x81))],
  ['a reading', () => toB64u(readingOf(hostile, network, 1))],
])

const claims = passwords([
  ['a token that has expired', (nowSec) => token([[4, nowSec - 1]])],
  ['a token of 1970', () => token([[4, 0]])],
  ['a token that lasts two hours', (nowSec) => token([[4, nowSec + 7_200]])],
  ['a token that lasts for ever', () => token([[4, Number.MAX_SAFE_INTEGER]])],
  ['a negative expiry', () => token([[4, -1]])],
  ['an expiry in text', () => token([[4, '2099-01-01']])],
  ['an expiry that is a float', () => token([], { payload: floatExpiry() })],
  ['a token without network', () => token([[3, undefined]])],
  ['a token that names another network', () => token([[3, 'mainnet']])],
  ['a token for another network', () => token([[3, 'mainnet']], { network: 'mainnet' })],
  ['a token signed for another network', () => token([], { network: 'mainnet' })],
  ['a token with a claim more', () => token([[5, 0]])],
  ['a token without key', () => token([[8, undefined]])],
])

const seals = passwords([
  ['a token signed as an enrolment', () => token([], { kind: 'en' })],
  ['a token of the type of an enrolment', () => token([], { typ: enrolmentTyp })],
  ['a token without a type', () => token([], header())],
  ['a token with algorithm ES256', () => token([], header(int(-7), connectTyp))],
  ['a token with a header by the unprotected way', () => token([], { unprotected: kidMap() })],
  ['a token with the kid of another device', () => token([], otherKid())],
  ['a token with the key of another under its kid', () => token([[8, otherCnf()]])],
  ['a token that another key has signed', () => token([], { holder: forgedBy(stranger) })],
  ['a token of another device', () => encodeConnectToken(stranger, network)],
])

const users: LoginCase[] = [
  ...names([
    ['a second name for one key', strangerId, hostile],
    ['the name of another device', mainId, hostile],
    ['a name in upper case', hostileId.toUpperCase(), hostile],
    ['a candidate under the name of a device', hostileId, stranger],
    ['a buyer that does not exist', 'buyer-1', hostile],
    ['the name of the gateway’s root', 'fp1', hostile],
    ['a suspended device', deviceIdOf(suspended.publicKey), suspended],
    ['a revoked device', deviceIdOf(revoked.publicKey), revoked],
    ['a key that was rotated away', rotatedId, rotatedFrom],
    ['a device under the name of its second key', deviceIdOf(rotatedTo.publicKey), rotatedTo],
    ...weakKeys.map((weak): [string, string, KeyHolder] => [
      `a key ${weak.name}`,
      deviceIdOf(weak.publicKey),
      weak,
    ]),
  ]),
  ...clientIds([
    ['a client id that is not the name', { clientId: mainId }],
    ['an empty client id', { clientId: '' }],
    ['a client id in upper case', { clientId: hostileId.toUpperCase() }],
  ]),
  { name: 'no user name', reason: 'client-id', code: 2, make: () => anonymous() },
]

function clientIds(rows: readonly [string, ConnectOptions][]): LoginCase[] {
  return rows.map(([name, options]) => ({
    name,
    reason: 'client-id',
    code: 2,
    make: () => connectPacket(hostileId, { password: good, ...options }),
  }))
}

const root = `fp1/${network}`
const death = '{"on":0,"bc":1}'

/** Wills of a good login. */
const wills: LoginCase[] = (
  [
    ["on another device's presence", { topic: `${root}/d/${mainId}/st` }],
    ['on a reading', { topic: `${root}/d/${hostileId}/up/rd`, retain: false }],
    ['on a downlink', { topic: `${root}/d/${hostileId}/dn/ak` }],
    ['on the checkpoint', { topic: `${root}/pub/checkpoint` }],
    ['on its enrolment', { topic: `${root}/enrol/${hostileId}/req`, retain: false }],
    ['in another network', { topic: `fp1/mainnet/d/${hostileId}/st` }],
    ['on a wildcard', { topic: '#' }],
    ['on a wildcard of its own', { topic: `${root}/d/+/st` }],
    ['on a system topic', { topic: '$SYS/broker' }],
    ['of QoS 2', { topic: `${root}/d/${hostileId}/st`, qos: 2 }],
  ] as const
).map(([name, will]) => ({
  name: `a Will ${name}`,
  reason: 'will',
  code: 5,
  make: () => connectPacket(hostileId, { password: good, will: { payload: death, ...will } }),
}))

function header(alg: Uint8Array = int(-8), typ?: string): Partial<SealParts> {
  const kid = kidOf(hostile.publicKey)
  return { protectedBytes: headerOf(typ === undefined ? { alg, kid } : { alg, kid, typ }) }
}

function otherKid(): Partial<SealParts> {
  return { protectedBytes: headerOf({ kid: kidOf(stranger.publicKey), typ: connectTyp }) }
}

function otherCnf(): CborMap {
  return encodeCnf(stranger.publicKey)
}

function forgedBy(other: KeyHolder): KeyHolder {
  return { publicKey: hostile.publicKey, sign: other.sign }
}

function kidMap(): Uint8Array {
  return map(int(4), bstr(kidOf(hostile.publicKey)))
}

function floatExpiry(): Uint8Array {
  const cnf = encode(encodeCnf(hostile.publicKey))
  return map(int(3), tstr(network), int(4), hex('fb 41ed0000 00000000'), int(8), cnf)
}

/** The same bytes, written with a bit that base64url leaves zero. */
function trailingBits(text: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = digits.indexOf(text.at(-1)!)
  if (text.length % 4 === 0 || last % 2 !== 0) throw new Error('the token has no bits to spare')
  return text.slice(0, -1) + digits[last + 1]
}

/** CONNECT with a client id and nothing else. */
function anonymous(): Buffer {
  const id = Buffer.from(hostileId)
  const variable = Buffer.from('\0\x04MQTT\x04\x02\0\x3c\0', 'latin1')
  return Buffer.concat([
    Buffer.from([0x10, variable.length + 1 + id.length]),
    variable,
    Buffer.from([id.length]),
    id,
  ])
}

export const logins: readonly LoginCase[] = [...texts, ...claims, ...seals, ...users, ...wills]
