/** What is said to a board that has no key (schemas/serial.md, "Provisioning"). */

import { fromB64u, toB64u, utf8 } from '../../core/bytes.js'
import { ed25519Verify } from '../../core/crypto.js'
import { enrolmentCode } from '../../core/device/code.js'
import { parseEnrolment, verifyEnrolment } from '../../core/device/enrolment.js'
import { deviceIdOf } from '../../core/device/key.js'
import { Failure } from '../../core/failure.js'
import type { BoardCable } from './boardCable.js'

/** What a board is told. */
export interface Provisions {
  network: string
  /** 32 bytes. */
  gatewayKey: Uint8Array
  owner: string
  cell: string
  /** Settings by name: ssid, password, broker. */
  settings: readonly (readonly [name: string, value: string])[]
}

export interface ProvisionedBoard {
  device: string
  model: string
  /** What the board's log shows too. */
  code: string
}

const nonceBytes = 16

/**
 * Has the board make its key, checks that it holds it, compares codes, writes the settings. Rejects
 * with a Failure that says which step the board refused. `random` is a cryptographic source.
 */
export async function provisionBoard(
  cable: BoardCable,
  provisions: Provisions,
  random: (length: number) => Uint8Array,
): Promise<ProvisionedBoard> {
  const first = await cable.await(
    ({ type }) => type === 'PQ' || type === 'HI',
    () => cable.send('ID?'),
    'say who it is',
  )
  if (first.type === 'HI')
    throw new Failure(
      'check',
      `${first.fields[1]} has a key already: approve it with fieldproof devices approve, or wipe it first`,
    )
  const key = await makeKey(cable, provisions, random(32))
  const code = await proveKey(cable, provisions, key, random(nonceBytes))
  for (const [name, value] of provisions.settings)
    await tell(cable, 'PS', [name, toB64u(utf8(value))], `take the setting ${name}`)
  await tell(cable, 'PE', [], 'save its settings')
  return { device: deviceIdOf(key), model: first.fields[1] ?? '', code }
}

/** The key of 32 bytes that the board made. Asked once: a second `$FPPV` would be refused. */
async function makeKey(
  cable: BoardCable,
  { network, gatewayKey, owner, cell }: Provisions,
  entropy: Uint8Array,
): Promise<Uint8Array> {
  const fields = [toB64u(entropy), network, toB64u(gatewayKey), owner, cell]
  const answer = await tell(cable, 'PV', fields, 'make its key')
  const key = fromB64u(answer[2] ?? '')
  if (key?.length !== 32) throw new Failure('check', 'the board does not name its key')
  return key
}

/** The code of an enrolment here and now; the board must hold the key and show the same code. */
async function proveKey(
  cable: BoardCable,
  { network, gatewayKey }: Provisions,
  key: Uint8Array,
  nonce: Uint8Array,
): Promise<string> {
  const proof = await cable.await(
    ({ type }) => type === 'EN',
    () => cable.send('EQ', toB64u(nonce), network, toB64u(gatewayKey)),
    'prove its key',
  )
  const enrolment = parseEnrolment(fromB64u(proof.fields[0] ?? '') ?? new Uint8Array())
  if (!enrolment.ok)
    throw new Failure('check', `the board's proof is not good: ${enrolment.detail}`)
  const verdict = verifyEnrolment(enrolment.value, network, ed25519Verify, nonce)
  if (!verdict.ok) throw new Failure('check', `the board's proof is not good: ${verdict.detail}`)
  const code = enrolmentCode(gatewayKey, key, nonce)
  if (!cable.log.some((line) => line.includes(code)))
    throw new Failure(
      'check',
      `the board does not show the code ${code}: another key stands between`,
    )
  return code
}

/** Sends one line, repeated until it is answered; the fields of an answer that is `ok`. */
async function tell(
  cable: BoardCable,
  type: string,
  fields: readonly string[],
  what: string,
): Promise<readonly string[]> {
  let isSent = false
  const answer = await cable.await(
    (sentence) => sentence.type === 'PA' && sentence.fields[0] === type,
    () => {
      if (!isSent || type !== 'PV') cable.send(type, ...fields)
      isSent = true
    },
    what,
  )
  const result = answer.fields[1]
  if (result !== 'ok') throw new Failure('check', `the board does not ${what}: ${result}`)
  return answer.fields
}
