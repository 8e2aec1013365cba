/** The vector files, made from the scripts beside this one. Deterministic: Ed25519 has no nonce to draw. */
import { toHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, sha256 } from '../../gateway/core/crypto.js'
import { deviceIdOf, kidOf } from '../../gateway/core/device/key.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import { aggregateVectors } from './aggregates.js'
import { answerVectors } from './answers.js'
import { consentVectors } from './consent.js'
import { deviceVectors } from './device.js'
import { ed25519Edge } from './ed25519.js'
import { fp1 } from './fp1.js'
import { invalidCases } from './invalid.js'
import { logVectors } from './log.js'
import { seed1, vectorNetwork, vectorNow } from './message.js'
import { proofVectors } from './proof.js'
import { rewardVectors } from './rewards.js'
import { serial } from './serial.js'
import { texts } from './texts.js'
import { validMessages } from './valid.js'

/** The files: path from the project's root, and what it must contain. */
export function vectorFiles(): { path: string; text: string }[] {
  return [
    // One space and no line end: the very bytes of the file that the protocol came with.
    { path: 'schemas/vectors/fp1.json', text: JSON.stringify(fp1(), null, 1) },
    file('valid', { ...judged(), vectors: validMessages.map(validVector) }),
    file('invalid', {
      ...judged(),
      vectors: invalidCases.map(({ name, reason, bytes }) => ({
        name,
        network: vectorNetwork,
        reason,
        hex: toHex(bytes),
      })),
    }),
    file('serial', serial()),
    file('texts', texts()),
    file('ed25519-edge', ed25519Edge()),
    file('log', logVectors()),
    file('rewards', rewardVectors()),
    file('proof', proofVectors()),
    file('aggregates', aggregateVectors()),
    file('consent', consentVectors()),
    file('answers', answerVectors()),
    file('device', deviceVectors()),
  ]
}

function file(name: string, content: object): { path: string; text: string } {
  return { path: `schemas/vectors/${name}.json`, text: `${JSON.stringify(content, null, 1)}\n` }
}

/** Under what a judge must stand: one active device with nothing accepted yet, and this time. */
function judged(): object {
  const publicKey = ed25519PublicKey(seed1)
  return {
    now: vectorNow,
    device: {
      id: deviceIdOf(publicKey),
      kid: toHex(kidOf(publicKey)),
      key: toHex(publicKey),
      seed: toHex(seed1),
    },
  }
}

function validVector([name, bytes]: readonly [string, Uint8Array]): object {
  const reading = decodeReading(bytes)
  if (!reading.ok) throw new Error(`${name}: ${reading.detail}`)
  const { header, values } = reading.value
  return {
    name,
    network: vectorNetwork,
    alg: header.alg,
    seq: header.seq,
    values: values.map(({ metric, time, value }) => ({ metric, time, m: value.m, e: value.e })),
    leaf: toHex(sha256(Uint8Array.of(0), bytes)),
    hex: toHex(bytes),
  }
}
