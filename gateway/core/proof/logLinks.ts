/** The log: whose it is, what its checkpoint says, and that the message is an entry of it. */
import { fromB64u } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import {
  type Checkpoint,
  claimedOrigin,
  isOriginOf,
  openCheckpoint,
  parseCheckpoint,
} from '../log/checkpoint.js'
import { parseNote } from '../log/note.js'
import { leafHash } from '../log/tree.js'
import { checkWitnesses } from '../log/witnessLink.js'
import { accept, type Result, refuse } from '../verdict.js'
import { requireIncluded } from './hashes.js'
import { type Context, keyOf } from './link.js'

/** gateway.id is that of gateway.key, and the one that was asked for. */
export function checkGateway({ file, gateway }: Context): Result<string> {
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
export function checkCheckpoint({ file, verify }: Context): Result<string> {
  const { checkpoint } = file.log
  const origin = claimedOrigin(checkpoint)
  if (!isOriginOf(origin, file.network, file.gateway.id))
    return refuse('malformed', 'the checkpoint is not of this gateway and network')
  const opened = openCheckpoint(checkpoint, origin, fromB64u(file.gateway.key)!, verify)
  return opened.ok ? accept(`${origin}, ${opened.value.size} entries`) : opened
}

/** The witnesses that a policy asks for have signed the checkpoint. */
export function checkWitness({ file, policy, verify }: Context): Result<string> {
  return checkWitnesses(file.log.checkpoint, policy, verify)
}

/** The message is entry log.index of the tree of the checkpoint. */
export function checkLog({ file }: Context): Result<string> {
  const { index, size, checkpoint } = file.log
  const head = headOf(checkpoint)
  if (!head.ok) return head
  if (head.value.size !== size)
    return refuse('malformed', `log.size is ${size}, the checkpoint has ${head.value.size} entries`)
  const leaf = leafHash(fromB64u(file.message)!)
  const included = requireIncluded(leaf, file.log, head.value.root, {
    name: 'log',
    leafName: 'message',
    rootName: "the checkpoint's root",
  })
  return included.ok ? accept(`entry ${index} of ${size}`) : included
}

/** What the checkpoint says; its signature is not tried. */
export function headOf(checkpoint: string): Result<Checkpoint> {
  const note = parseNote(checkpoint)
  return note.ok ? parseCheckpoint(note.value.text) : note
}
