/** The log: whose it is, what its checkpoint says, and that the message is an entry of it. */
import { equal, fromB64u } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import { claimedOrigin, isOriginOf, openCheckpoint, parseCheckpoint } from '../log/checkpoint.js'
import { parseNote } from '../log/note.js'
import { leafHash, rootFromInclusion } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
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

/** The message is entry log.index of the tree of the checkpoint. */
export function checkLog({ file }: Context): Result<string> {
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
