/**
 * Verifies a proof file offline (PROTOCOL 6.2): a list of links, each checked only once those before
 * it hold, so that the first one that fails is the one to name. A further part of the file adds its
 * links at the end of the list.
 */
import { equal, fromB64u } from '../bytes.js'
import { toBeSigned } from '../cose/sign1.js'
import { ed25519Verify } from '../crypto.js'
import { deviceIdOf, kidOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { parseRotation, verifyRotation } from '../device/rotation.js'
import { decodeReading } from '../senml/reading.js'
import { accept, type Result, refuse } from '../verdict.js'
import { claimedOrigin, isOriginOf, openCheckpoint, parseCheckpoint } from './checkpoint.js'
import { parseNote } from './note.js'
import { type ProofFile, parseProofFile } from './proofFile.js'
import { leafHash, rootFromInclusion } from './tree.js'

export type LinkName = 'file' | 'message' | 'device' | 'gateway' | 'checkpoint' | 'log'

/** One link of the chain; `detail` is for people. */
export interface LinkReport {
  link: LinkName
  ok: boolean
  detail: string
}

export interface ProofReport {
  ok: boolean
  /** Links in order; the last one is the one that failed, if one did. */
  links: LinkReport[]
  /** The first link that failed. */
  failed: LinkReport | undefined
  /** What the file says; `undefined` where it cannot be read. */
  file: ProofFile | undefined
}

export interface VerifyOptions {
  /** The gateway that the log must be of; without it, the file's own word is taken. */
  gateway?: string
  verify?: VerifySignature
}

interface Context {
  file: ProofFile
  gateway: string | undefined
  verify: VerifySignature
}

/** Says what was found; a refusal's detail says what is wrong. */
type Check = (context: Context) => Result<string>

const links: readonly { link: LinkName; check: Check }[] = [
  { link: 'message', check: checkMessage },
  { link: 'device', check: checkDevice },
  { link: 'gateway', check: checkGateway },
  { link: 'checkpoint', check: checkCheckpoint },
  { link: 'log', check: checkLog },
]

/** Checks a proof file's text link by link, up to the first one that fails. */
export function verifyProofFile(json: string, options: VerifyOptions = {}): ProofReport {
  const parsed = parseProofFile(json)
  if (!parsed.ok) {
    const failed: LinkReport = { link: 'file', ok: false, detail: parsed.detail }
    return { ok: false, links: [failed], failed, file: undefined }
  }
  const file = parsed.value
  const context = { file, gateway: options.gateway, verify: options.verify ?? ed25519Verify }
  const reports: LinkReport[] = [{ link: 'file', ok: true, detail: 'proof file version 1' }]
  for (const { link, check } of links) {
    const found = check(context)
    const report = { link, ok: found.ok, detail: found.ok ? found.value : found.detail }
    reports.push(report)
    if (!report.ok) return { ok: false, links: reports, failed: report, file }
  }
  return { ok: true, links: reports, failed: undefined, file }
}

/** The message is a reading that device.key signed for this network. */
function checkMessage({ file, verify }: Context): Result<string> {
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
function checkDevice({ file, verify }: Context): Result<string> {
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

/** gateway.id is that of gateway.key, and the one that was asked for. */
function checkGateway({ file, gateway }: Context): Result<string> {
  const key = keyOf(file.gateway.key, 'gateway.key')
  if (!key.ok) return key
  if (deviceIdOf(key.value) !== file.gateway.id)
    return refuse('malformed', 'gateway.id is not that of gateway.key')
  if (gateway === undefined) return accept(`${file.gateway.id}, as the file says`)
  if (gateway !== file.gateway.id)
    return refuse('malformed', `the log is of gateway ${file.gateway.id}, not of ${gateway}`)
  return accept(`${gateway}, as asked for`)
}

/** The checkpoint is of a log of this gateway and signed with its key. */
function checkCheckpoint({ file, verify }: Context): Result<string> {
  const { checkpoint } = file.log
  const origin = claimedOrigin(checkpoint)
  if (!isOriginOf(origin, file.network, file.gateway.id))
    return refuse('malformed', 'the checkpoint is not of this gateway and network')
  const opened = openCheckpoint(checkpoint, origin, fromB64u(file.gateway.key)!, verify)
  return opened.ok ? accept(`${origin}, ${opened.value.size} entries`) : opened
}

/** The message is entry log.index of the tree of the checkpoint. */
function checkLog({ file }: Context): Result<string> {
  const { index, size, path, checkpoint } = file.log
  const note = parseNote(checkpoint)
  const head = note.ok ? parseCheckpoint(note.value.text) : note
  if (!head.ok) return head
  if (head.value.size !== size)
    return refuse('malformed', `log.size is ${size}, the checkpoint has ${head.value.size} entries`)
  if (index >= size) return refuse('malformed', `log.index ${index} is not below log.size ${size}`)
  const hashes: Uint8Array[] = []
  for (const [i, encoded] of path.entries()) {
    const hash = fromB64u(encoded)
    if (hash?.length !== 32) return refuse('malformed', `log.path[${i}] is not 32 bytes of b64u`)
    hashes.push(hash)
  }
  const leaf = leafHash(fromB64u(file.message)!)
  const root = rootFromInclusion(leaf, index, size, hashes)
  if (root === undefined)
    return refuse('malformed', `log.path has ${path.length} hashes, not what index and size need`)
  if (!equal(root, head.value.root))
    return refuse('malformed', "log.path does not lead from message to the checkpoint's root")
  return accept(`entry ${index} of ${size}`)
}

function keyOf(encoded: string, name: string): Result<Uint8Array> {
  const key = fromB64u(encoded)
  return key?.length === 32 ? accept(key) : refuse('malformed', `${name} is not 32 bytes of b64u`)
}
