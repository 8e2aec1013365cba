/**
 * What a device makes of given inputs, byte for byte, and what it obeys: for firmware on any board.
 * Seed 1 is the device's key, seed 2 its next one; the gateway's key stands in the file.
 */
import { fromHex, toB64u, toHex, uintBytes, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { enrolmentCode, provisionedSeed } from '../../gateway/core/device/code.js'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { type EnrolmentFields, encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf, thumbprint } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import { encodeRotation, encodeSelfRevocation } from '../../gateway/core/device/rotation.js'
import { formatSentence } from '../../gateway/core/frame/sentence.js'
import { encodePack, type Value } from '../../gateway/core/senml/pack.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import { downlinks } from './deviceDownlinks.js'
import {
  claims,
  header,
  key1,
  message,
  seed1,
  seed2,
  vectorNetwork,
  vectorTime,
} from './message.js'
import { validMessages } from './valid.js'

/** Secret key of the gateway in these vectors: RFC 8032 section 7.1, test 3. */
const gatewaySeed = fromHex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7')!
const gateway = holderOf(gatewaySeed)
const device = holderOf(seed1)
const next = holderOf(seed2)
const id = deviceIdOf(key1)
const nonce = fromHex('000102030405060708090a0b0c0d0e0f')!
/** Sequences as boards count them: boot 7, message n. */
const boot = 7
const bootShift = 2 ** 32

function holderOf(seed: Uint8Array): KeyHolder {
  return {
    publicKey: ed25519PublicKey(seed),
    sign: (bytes) => ed25519Sign(bytes, seed),
  }
}

/** What one message of a station says. */
function values(rows: readonly [metric: string, m: number, e: number, time?: number][]): Value[] {
  return rows.map(([metric, m, e, time = vectorTime]) => ({ metric, time, value: { m, e } }))
}

const readings: [name: string, seq: number, Value[]][] = [
  ['one value', 70_000, values([['temperature', 215, -1]])],
  [
    'a station',
    70_000,
    values([
      ['temperature', 215, -1],
      ['humidity', 563, -1],
      ['pm25', 1233, -2],
      ['pm10', 2107, -2],
    ]),
  ],
  ['a decimal that ends in 0', boot * bootShift, values([['temperature', 2150, -2]])],
  ['a decimal that is an integer', boot * bootShift + 1, values([['humidity', 5_000_000, -5]])],
  ['zero with decimals', boot * bootShift + 2, values([['temperature', 0, -3]])],
  ['a negative integer of a head with two bytes', 2 ** 40, values([['temperature', -4000, -2]])],
  [
    'the same metric over ten minutes, back in time',
    2 ** 48,
    values([
      ['battery', 371, -2, vectorTime + 600],
      ['battery', 372, -2],
      ['battery', 3731, -3, vectorTime + 599],
    ]),
  ],
  ['out of range: a device reports what it measures', 1, values([['co2', 50_000, 0]])],
]

/** The inputs of valid.json go through the encoder as well; what it makes of them may be shorter. */
const validReadings: [name: string, seq: number, Value[]][] = validMessages.flatMap(
  ([name, bytes]) => {
    const reading = decodeReading(bytes)
    if (!reading.ok) throw new Error(`${name}: ${reading.detail}`)
    return [[`valid: ${name}`, reading.value.header.seq, reading.value.values]]
  },
)

function readingVector([name, seq, of]: [string, number, Value[]], i: number): object {
  const bytes = message({
    protectedBytes: header({ claims: claims(seq) }),
    payload: encodePack(of),
  })
  const rows = of.map(({ metric, time, value }) => ({ metric, time, m: value.m, e: value.e }))
  const line = formatSentence('RD', [`${i}`, toB64u(bytes)]).trimEnd()
  // A line holds 755 bytes; longer messages go over MQTT.
  return { name, seq, values: rows, hex: toHex(bytes), ...(line.length > 1022 ? {} : { line }) }
}

const enrolments: [name: string, EnrolmentFields][] = [
  [
    'two metrics',
    {
      nonce,
      model: 'FP-Solo',
      firmware: 'fieldproof-solo',
      version: '1.0.3',
      metrics: ['temperature', 'humidity'],
    },
  ],
  [
    'no nonce, with owner and cell',
    {
      nonce: new Uint8Array(),
      model: 'm',
      firmware: 'f',
      version: '1',
      metrics: ['co2'],
      owner: '0x52908400098527886E0F7030069857D2E4169EE7',
      cell: '871fb4662ffffff',
    },
  ],
]

function enrolmentVector([name, fields]: [string, EnrolmentFields]): object {
  const hex = toHex(encodeEnrolment(fields, device, vectorNetwork))
  return { name, ...fields, nonce: toHex(fields.nonce), hex }
}

function statements(): object {
  const at = { device: id, iat: vectorTime, seq: boot * bootShift + 9 }
  return {
    rotation: { ...at, hex: toHex(encodeRotation(at, device, next, vectorNetwork)) },
    revocation: { ...at, hex: toHex(encodeSelfRevocation(at, device, vectorNetwork)) },
  }
}

/** The content of device.json. */
export function deviceVectors(): object {
  const board = utf8('entropy of the board, 32 bytes..')
  const host = utf8('entropy of the host, 32 bytes...')
  return {
    about: 'what a device makes of these inputs, and what it obeys; times in Unix seconds',
    network: vectorNetwork,
    device: { seed: toHex(seed1), key: toHex(key1), thumbprint: toHex(thumbprint(key1)), id },
    next: { seed: toHex(seed2), key: toHex(next.publicKey) },
    gateway: { seed: toHex(gatewaySeed), key: toHex(gateway.publicKey) },
    readings: [...readings, ...validReadings].map(readingVector),
    enrolments: enrolments.map(enrolmentVector),
    tokens: [undefined, vectorTime + 1_800].map((exp) => ({
      exp: exp ?? 0,
      password: encodeConnectToken(device, vectorNetwork, exp),
    })),
    ...statements(),
    code: { nonce: toHex(nonce), code: enrolmentCode(gateway.publicKey, key1, nonce) },
    provisioned: {
      board: toHex(board),
      host: toHex(host),
      seed: toHex(provisionedSeed(board, host)),
    },
    sequences: [0, 255, 256, boot * bootShift, Number.MAX_SAFE_INTEGER].map((seq) => ({
      seq,
      hex: toHex(uintBytes(seq)),
    })),
    downlinks: downlinks(id, gateway, next, vectorNetwork),
  }
}
