/** The first links: the message is a reading, and the key that signed it is one of the device. */
import { equal, fromB64u } from '../bytes.js'
import { toBeSigned } from '../cose/sign1.js'
import { deviceIdOf, kidOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { parseRotation, verifyRotation } from '../device/rotation.js'
import { decodeReading } from '../senml/reading.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Context, keyOf } from './link.js'
import type { ProofFile } from './proofFile.js'

/** The message is a reading that device.key signed for this network. */
export function checkMessage({ file, verify }: Context): Result<string> {
  const bytes = fromB64u(file.message)
  if (bytes === undefined) return refuse('malformed', 'message is not b64u')
  const key = keyOf(file.device.key, 'device.key')
  if (!key.ok) return key
  const reading = decodeReading(bytes)
  if (!reading.ok) return refuse(reading.reason, `message is no reading: ${reading.detail}`)
  const { header, sign1, values } = reading.value
  if (!equal(header.kid, kidOf(key.value)))
    return refuse('bad-signature', 'message names another key than device.key')
  const signed = toBeSigned('rd', file.network, sign1.protectedBytes, sign1.payload)
  if (!verify(sign1.signature, signed, key.value))
    return refuse('bad-signature', `device.key did not sign message for network ${file.network}`)
  return accept(`sequence ${header.seq}, ${values.length} values, signed by device.key`)
}

/** device.key is the key of device.id: its first one, or reached from it by rotations. */
export function checkDevice({ file, verify }: Context): Result<string> {
  const { id, rotations, first } = file.device
  const key = fromB64u(file.device.key)!
  if (rotations.length === 0) {
    if (first !== undefined) return refuse('malformed', 'device.first stands without rotations')
    if (deviceIdOf(key) !== id) return refuse('malformed', 'device.id is not that of device.key')
    return accept(`${id}, by its first key`)
  }
  if (first === undefined)
    return refuse('malformed', 'device.first is missing: the first rotation cannot be checked')
  const start = keyOf(first, 'device.first')
  if (!start.ok) return start
  if (deviceIdOf(start.value) !== id)
    return refuse('malformed', 'device.id is not that of device.first')
  const reached = followRotations(file, start.value, verify)
  if (!reached.ok) return reached
  if (!equal(reached.value, key))
    return refuse('malformed', 'the rotations do not lead to device.key')
  return accept(`${id}, by its key after ${rotations.length} rotations`)
}

/** The key after all rotations; each is signed by the key before it and by its own. */
function followRotations(
  file: ProofFile,
  first: Uint8Array,
  verify: VerifySignature,
): Result<Uint8Array> {
  let key = first
  let below = -1
  for (const [i, encoded] of file.device.rotations.entries()) {
    const name = `device.rotations[${i}]`
    const bytes = fromB64u(encoded)
    if (bytes === undefined) return refuse('malformed', `${name} is not b64u`)
    const rotation = parseRotation(bytes)
    if (!rotation.ok) return refuse(rotation.reason, `${name}: ${rotation.detail}`)
    const { device, seq, oldKid, newKey } = rotation.value
    if (device !== file.device.id) return refuse('malformed', `${name} is of another device`)
    if (!equal(oldKid, kidOf(key))) return refuse('malformed', `${name} is not from the key before`)
    if (seq <= below) return refuse('malformed', `${name} is not after the one before`)
    const verified = verifyRotation(rotation.value, key, file.network, verify)
    if (!verified.ok) return refuse(verified.reason, `${name}: ${verified.detail}`)
    key = newKey
    below = seq
  }
  return accept(key)
}
