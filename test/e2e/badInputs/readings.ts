/** Readings that are refused: every invalid vector as it is, and those that are wrong only now. */
import { concat } from '../../../gateway/core/bytes.js'
import {
  assembleSign1,
  type Kind,
  parseSign1,
  type Sign1,
  toBeSigned,
} from '../../../gateway/core/cose/sign1.js'
import { encodeConnectToken } from '../../../gateway/core/device/connect.js'
import { encodeEnrolment } from '../../../gateway/core/device/enrolment.js'
import { kidOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { serialMessageBytesMax, windowSize } from '../../../gateway/core/limits.js'
import { encodePack, type Value } from '../../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../../gateway/core/senml/reading.js'
import { key1, seed1, vectorTime } from '../../../schemas/vectors/message.js'
import { hex } from '../../../schemas/vectors/raw.js'
import { packOfBytes } from '../../../schemas/vectors/wholePack.js'
import { readingOf } from '../../support/reading.js'
import { hexBytes, invalidVectors } from '../../support/vectors.js'
import { otherSignature } from '../../support/weakKeys.js'
import { type Moment, network, refused, type SignedCase } from './case.js'
import {
  hostile,
  main,
  pending,
  revoked,
  rotatedFrom,
  rotatedHighest,
  rotatedTo,
  rotationSeq,
  stranger,
  suspended,
} from './holders.js'

/** A temperature that many seconds from now, and where asked another one behind it. */
function warmth(time: number, secondTime?: number): Value[] {
  const times = secondTime === undefined ? [time] : [time, secondTime]
  return times.map((at) => ({ metric: 'temperature', time: at, value: { m: 215, e: -1 } }))
}

/** A reading of the main device that is good but for what is said. */
function made(
  seq: number,
  values: readonly Value[] | Uint8Array,
  holder: KeyHolder = main,
  kind: Kind = 'rd',
): Uint8Array {
  return readingOf(holder, network, seq, values, kind)
}

/** The next reading of the device, that many seconds from now. */
function next({ highest, nowSec }: Moment, seconds = 0, kind: Kind = 'rd'): Uint8Array {
  return made(highest + 1, warmth(nowSec + seconds), main, kind)
}

/** Signed by that key under the kid of the main device. */
function forged(seq: number, values: readonly Value[] | Uint8Array, holder = stranger): Uint8Array {
  const protectedBytes = encodeReadingHeader({ alg: -8, kid: kidOf(main.publicKey), seq })
  const payload = values instanceof Uint8Array ? values : encodePack(values)
  const signature = holder.sign(toBeSigned('rd', network, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

/** The same reading, signed once more with another nonce: as valid as the first. */
function signedAgain(reading: Uint8Array): Uint8Array {
  const { protectedBytes, payload } = opened(reading)
  const signed = toBeSigned('rd', network, protectedBytes, payload)
  return assembleSign1(protectedBytes, payload, otherSignature(seed1, key1, signed))
}

/** The same reading under the other algorithm number. */
function underOtherAlgorithm(reading: Uint8Array, seq: number): Uint8Array {
  const { payload } = opened(reading)
  const protectedBytes = encodeReadingHeader({ alg: -19, kid: kidOf(main.publicKey), seq })
  const signature = main.sign(toBeSigned('rd', network, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

function opened(reading: Uint8Array): Sign1 {
  const parsed = parseSign1(reading)
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.value
}

/** With one bit of that byte changed; a negative place counts from the end. */
function flipped(bytes: Uint8Array, place: number): Uint8Array {
  const out = bytes.slice()
  out[place < 0 ? out.length + place : place]! ^= 1
  return out
}

const empty = hex('80')
const week = 7 * 86_400

/** Serial has no line for no bytes, nor for more than a line holds. */
const vectors: SignedCase[] = invalidVectors().vectors.map(({ name, reason, hex: text }) => {
  const bytes = hexBytes(text)
  const fits = bytes.length > 0 && bytes.length <= serialMessageBytesMax
  return { name, kind: 'rd', mqtt: reason, serial: fits ? reason : 'frame', make: () => bytes }
})

const replays: SignedCase[] = [
  ...refused('rd', 'accepted', [
    ['the last accepted reading again', ({ last }) => last],
    ['an accepted reading far below the window again', ({ first }) => first],
  ]),
  ...refused('rd', 'replayed', [
    ['64 below the highest sequence', (m) => made(m.highest - windowSize, warmth(m.nowSec))],
    ['sequence 0 of a device that is far above', (m) => made(0, warmth(m.nowSec))],
    ['64 below, signed by nobody known', (m) => forged(m.highest - windowSize, empty)],
    ['64 below, out of profile and old', (m) => made(m.highest - windowSize, empty)],
    ['64 below, too old', (m) => made(m.highest - windowSize, warmth(m.nowSec - 2 * week))],
  ]),
  ...refused('rd', 'equivocation', [
    ['another value under an accepted sequence', (m) => made(m.highest, warmth(m.nowSec - 86_400))],
    ['an accepted sequence, out of profile', (m) => made(m.highest, empty)],
    ['an accepted sequence, too old', (m) => made(m.highest, warmth(m.nowSec - 2 * week))],
    ['the accepted reading with a second good signature', ({ last }) => signedAgain(last)],
    ['the accepted reading under algorithm -19', (m) => underOtherAlgorithm(m.last, m.highest)],
    ['63 below the highest, another value', (m) => made(m.highest - 63, warmth(m.nowSec - 86_400))],
  ]),
  ...refused('rd', 'bad-signature', [
    ['an accepted sequence, signed by nobody known', (m) => forged(m.highest, warmth(m.nowSec))],
    ['the accepted reading with a bit of R changed', ({ last }) => flipped(last, -64)],
    ['the accepted reading with its last bit changed', ({ last }) => flipped(last, -1)],
  ]),
  ...refused('rd', 'malformed', [
    ['the accepted reading with its first bit changed', ({ last }) => flipped(last, 0)],
    ['the accepted reading with a byte behind it', ({ last }) => concat(last, hex('00'))],
    ['the accepted reading without its last byte', ({ last }) => last.subarray(0, -1)],
  ]),
]

const times = refused('rd', 'bad-time', [
  ['10 s older than 7 days', (m) => next(m, -week - 10)],
  ['a year old', (m) => next(m, -365 * 86_400)],
  ['200 s ahead', (m) => next(m, 200)],
  ['an hour ahead', (m) => next(m, 3_600)],
  ['a year ahead', (m) => next(m, 365 * 86_400)],
  ['in milliseconds', (m) => made(m.highest + 1, warmth(m.nowSec * 1_000))],
  ['seconds since the start of the board', (m) => made(m.highest + 1, warmth(4_711))],
  ['a second record that is ahead', (m) => made(m.highest + 1, warmth(m.nowSec, m.nowSec + 300))],
  [
    'a second record that is too old',
    (m) => made(m.highest + 1, warmth(m.nowSec - week + 300, m.nowSec - week - 300)),
  ],
])

/** Good signatures of the right key under another kind, and good messages of other kinds. */
const kinds: SignedCase[] = [
  ...refused(
    'rd',
    'bad-signature',
    (['en', 'co', 'ro', 'rv', 'tm', 'cm', 'rc', 'ep', 'ap'] as const).map((kind) => [
      `signed as kind ${kind}`,
      (moment) => next(moment, 0, kind),
    ]),
  ),
  ...refused('rd', 'malformed', [
    ['a connect token', () => Buffer.from(encodeConnectToken(main, network), 'base64url')],
    [
      'an enrolment proof',
      () =>
        encodeEnrolment(
          {
            nonce: new Uint8Array(),
            model: 'm',
            firmware: 'f',
            version: '1',
            metrics: ['temperature'],
          },
          main,
          network,
        ),
    ],
  ]),
]

/** The kid is another device's: over MQTT the topic says who may send. */
function others(mqtt: SignedCase['mqtt'], serial: SignedCase['serial']) {
  return (rows: readonly [string, (moment: Moment) => Uint8Array][]): SignedCase[] =>
    refused('rd', mqtt, rows).map((row) => ({ ...row, serial }))
}

const senders: SignedCase[] = [
  ...refused('rd', 'unknown-device', [
    ['a key that never enrolled', (m) => made(1, warmth(m.nowSec), stranger)],
    ['a candidate that waits for approval', (m) => made(1, warmth(m.nowSec), pending)],
    ['a key that never enrolled, out of profile', () => made(1, empty, stranger)],
  ]),
  ...others(
    'unknown-device',
    'suspended',
  )([
    ['a suspended device', (m) => made(1, warmth(m.nowSec), suspended)],
    ['a suspended device, out of profile', () => made(1, empty, suspended)],
    [
      'a suspended device, signed for another network',
      (m) => readingOf(suspended, 'mainnet', 1, warmth(m.nowSec)),
    ],
  ]),
  ...others(
    'unknown-device',
    'revoked',
  )([
    ['a revoked device', (m) => made(1, warmth(m.nowSec), revoked)],
    ['a revoked device, too old', () => made(1, warmth(vectorTime - week), revoked)],
  ]),
  ...others(
    'unknown-device',
    'bad-time',
  )([['another device, too old', () => made(2 ** 40, warmth(vectorTime), hostile)]]),
  ...others(
    'bad-time',
    'frame',
  )([['longer than a serial line, too old', (m) => made(m.highest + 1, packOfBytes(1_700))]]),
]

/** Keys of a device that has rotated: each is good for its own sequences. */
const rotated: SignedCase[] = [
  ...refused('rd', 'revoked', [
    ['the old key, next sequence', (m) => made(rotatedHighest + 1, warmth(m.nowSec), rotatedFrom)],
    ['the old key, in the window', (m) => made(rotatedHighest, warmth(m.nowSec), rotatedFrom)],
    ['the old key, below the window', (m) => made(rotationSeq + 1, warmth(m.nowSec), rotatedFrom)],
    ['the old key, out of profile', () => made(rotatedHighest + 1, empty, rotatedFrom)],
  ]),
  ...refused('rd', 'replayed', [
    ['the new key, below its rotation', (m) => made(rotationSeq - 1, warmth(m.nowSec), rotatedTo)],
    ['the old key, below both', (m) => made(rotationSeq - 1, warmth(m.nowSec), rotatedFrom)],
  ]),
].map((row) => ({ ...row, session: 'rotated' as const }))

export const readings: readonly SignedCase[] = [
  ...vectors,
  ...replays,
  ...times,
  ...kinds,
  ...senders,
  ...rotated,
]
