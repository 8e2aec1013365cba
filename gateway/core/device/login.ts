/** What an MQTT login with a connect token is worth (PROTOCOL 2.3, 5). */
import { equal, toHex } from '../bytes.js'
import { isEnrollableKey } from '../crypto.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parseConnectToken, verifyConnectToken } from './connect.js'
import { deviceIdOfKid } from './key.js'
import type { VerifySignature } from './message.js'
import type { DeviceKey, Registry } from './registry.js'

export interface LoginRules {
  network: string
  /** Unix seconds. */
  nowSec: number
  /** `enrolment.open`: whether keys that nobody knows may ask to be enrolled. */
  open: boolean
  verify: VerifySignature
}

/**
 * The role of user `name` with this password. A registered key logs in as its device; a key that was
 * never enrolled as a candidate, where enrolment is open; every other is refused.
 */
export function judgeLogin(
  registry: Registry,
  name: string,
  password: string,
  rules: LoginRules,
): Result<{ role: 'device' | 'candidate'; name: string }> {
  const token = parseConnectToken(password)
  if (!token.ok) return token
  const known = registry.keyOf(toHex(token.value.kid))
  if (known === undefined && !rules.open)
    return refuse('unknown-device', 'the key is not enrolled and enrolment is closed')
  const { network, nowSec, verify } = rules
  const verified = verifyConnectToken(token.value, network, nowSec, verify, known?.key)
  if (!verified.ok) return verified
  if (known !== undefined) return judgeDevice(registry, name, known)
  if (name !== deviceIdOfKid(token.value.kid))
    return refuse('unknown-device', 'the user name is not the id of the key')
  return isEnrollableKey(token.value.key)
    ? accept({ role: 'candidate', name })
    : refuse('bad-signature', 'the key is not a canonical point of prime order')
}

function judgeDevice(
  registry: Registry,
  name: string,
  known: DeviceKey,
): Result<{ role: 'device'; name: string }> {
  const device = registry.byKid(known.kid)
  if (device === undefined || device.id !== name)
    return refuse('unknown-device', 'the user name is not the device of the key')
  if (device.state !== 'active') return refuse(device.state, `the device is ${device.state}`)
  const current = device.keys.at(-1)
  return current !== undefined && equal(current.key, known.key)
    ? accept({ role: 'device', name })
    : refuse('revoked', 'the key has been rotated away')
}
