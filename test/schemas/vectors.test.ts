import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { verifyAsync } from '@noble/ed25519'
import { expect, it } from 'vitest'
import { toHex } from '../../gateway/core/bytes.js'
import { parseSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { ed25519Sign, ed25519Verify } from '../../gateway/core/crypto.js'
import { parseLine } from '../../gateway/core/frame/sentence.js'
import { absoluteTimeMin, ageSecMax, skewSecMax } from '../../gateway/core/limits.js'
import { parsePack } from '../../gateway/core/senml/pack.js'
import { decodeReading, parseReadingHeader } from '../../gateway/core/senml/reading.js'
import type { Verdict } from '../../gateway/core/verdict.js'
import { oracleReading } from '../support/readingOracle.js'
import {
  fp1Vectors,
  hexBytes,
  invalidVectors,
  validVectors,
  vectorText,
} from '../support/vectors.js'

// Its CommonJS build has a cbor-x of its own: cbor-x keeps one table of tags per module instance.
const { COSEKey, Sign1 } = createRequire(import.meta.url)(
  '@auth0/cose',
) as typeof import('@auth0/cose')

const fp1 = fp1Vectors()
const valid = validVectors()
const invalid = invalidVectors()
const key = hexBytes(valid.device.key)

/** The stateless steps of schemas/judgement.md, for one active device with nothing accepted yet. */
function judge(message: Uint8Array, network: string): Verdict {
  const sign1 = parseSign1(message)
  if (!sign1.ok) return sign1.reason
  const { protectedBytes, payload, signature } = sign1.value
  const header = parseReadingHeader(protectedBytes)
  if (!header.ok) return header.reason
  const values = parsePack(payload)
  if (!values.ok && values.reason === 'malformed') return 'malformed'
  if (toHex(header.value.kid) !== valid.device.kid) return 'unknown-device'
  const signed = toBeSigned('rd', network, protectedBytes, payload)
  if (!ed25519Verify(signature, signed, key)) return 'bad-signature'
  if (!values.ok) return values.reason
  const isTimely = values.value.every(
    ({ time }) =>
      time >= absoluteTimeMin && time >= valid.now - ageSecMax && time <= valid.now + skewSecMax,
  )
  return isTimely ? 'accepted' : 'bad-time'
}

it('makes fp1.json byte for byte', () => {
  // The file that the protocol came with; schemas/vectors/fp1.ts makes ours from its inputs.
  expect(createHash('sha256').update(vectorText('fp1')).digest('hex')).toBe(
    '9d118286c45db7c1940e36bd0b117a877f32cf9fbc8b1305a8c5ec34bb61d71f',
  )
  for (const { cose_sign1, network, sig_structure, serial } of fp1.vectors) {
    const message = hexBytes(cose_sign1)
    expect(judge(message, network)).toBe('accepted')
    const signature = ed25519Sign(hexBytes(sig_structure), hexBytes(fp1.seed))
    expect(toHex(message.subarray(-64))).toBe(toHex(signature))
    expect(parseLine(serial)).toMatchObject({ kind: 'sentence', type: 'RD' })
  }
})

it('accepts every valid reading and reads what it says', () => {
  expect(valid.vectors.length).toBeGreaterThan(15)
  for (const { name, network, hex, alg, seq, values } of valid.vectors) {
    const message = hexBytes(hex)
    expect([name, judge(message, network)]).toEqual([name, 'accepted'])
    const read = decodeReading(message)
    expect(read.ok && read.value.header).toMatchObject({ alg, seq })
    expect(oracleReading(message)).toMatchObject({
      alg: BigInt(alg),
      seq: BigInt(seq),
      values: values.map(({ metric, time, m, e }) => `${metric} ${time} ${m} ${e}`),
    })
  }
})

it('refuses every hostile reading with its one reason', () => {
  expect(invalid.vectors.length).toBeGreaterThan(200)
  expect(new Set(invalid.vectors.map(({ name }) => name)).size).toBe(invalid.vectors.length)
  for (const { name, network, hex, reason } of invalid.vectors)
    expect([name, judge(hexBytes(hex), network)]).toEqual([name, reason])
})

it('signs as @auth0/cose and @noble/ed25519 verify', async () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }
  const publicKey = await COSEKey.fromJWK(jwk).toKeyLike()
  const readings = [
    ...fp1.vectors.map(({ alg, network, cose_sign1 }) => ({ alg, network, hex: cose_sign1 })),
    ...valid.vectors,
  ].filter(({ alg }) => alg === -8)
  expect(readings.length).toBeGreaterThan(15)
  for (const { network, hex } of readings) {
    const message = hexBytes(hex)
    const externalAAD = Buffer.from(`FP1:rd:${network}`)
    const decoded = Sign1.decode(message)
    await decoded.verify(publicKey, { externalAAD })
    await expect(
      decoded.verify(publicKey, { externalAAD: Buffer.from('FP1:rd:other') }),
    ).rejects.toThrow()
    const sign1 = parseSign1(message)
    if (!sign1.ok) throw new Error(sign1.detail)
    const { protectedBytes, payload, signature } = sign1.value
    const signed = toBeSigned('rd', network, protectedBytes, payload)
    expect(await verifyAsync(signature, signed, key)).toBe(true)
  }
})
