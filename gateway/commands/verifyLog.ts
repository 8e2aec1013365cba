/** Checks a copy of the log: every record's check value, and the tree against the checkpoint. */
import { openJournal } from '../adapters/journal/journal.js'
import { systemClock } from '../adapters/system/clock.js'
import { equal } from '../core/bytes.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure } from '../core/failure.js'
import { type Checkpoint, claimedOrigin, openCheckpoint } from '../core/log/checkpoint.js'
import { Frontier, leafHash } from '../core/log/tree.js'

export interface VerifiedLog {
  /** Entries in the journal. */
  entries: number
  /** The checkpoint; `undefined` where none was signed yet. */
  checkpoint: Checkpoint | undefined
}

/** Entries between two words on how far the check is. */
const toldEvery = 4_096

/**
 * Reads the whole journal in `folder`; an unfinished last commit is cut off. Rejects with
 * Failure('data') where a record is damaged or missing, Failure('check') where the checkpoint is
 * not of this gateway or its root is not that of the entries.
 */
export async function verifyLog(
  folder: string,
  checkpointText: string | undefined,
  publicKey: Uint8Array,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<VerifiedLog> {
  const checkpoint =
    checkpointText === undefined ? undefined : ownCheckpoint(checkpointText, publicKey)
  const journal = await openJournal({
    folder,
    clock: systemClock,
    durableMin: checkpoint?.size ?? 0,
    // Nothing is appended to a copy.
    fatal: () => {},
  })
  try {
    const tree = new Frontier()
    const size = checkpoint?.size ?? 0
    for await (const entry of journal.scan(0, size)) {
      tree.append(entry.bytes === undefined ? entry.leaf : leafHash(entry.bytes))
      if (tree.size % toldEvery === 0 || tree.size === size) progress(tree.size, size)
    }
    if (checkpoint !== undefined && !equal(tree.root(), checkpoint.root))
      throw new Failure(
        'check',
        `the first ${checkpoint.size} entries do not have the root of the signed checkpoint: ` +
          'the copy is not the log that was published; use another backup',
      )
    return { entries: journal.size, checkpoint }
  } finally {
    await journal.close()
  }
}

/** Root of the first `size` entries of the journal in `folder`, which `verifyLog` has read before. */
export async function rootOfJournal(folder: string, size: number): Promise<Uint8Array> {
  const journal = await openJournal({ folder, clock: systemClock, fatal: () => {} })
  try {
    const tree = new Frontier()
    for await (const entry of journal.scan(0, size))
      tree.append(entry.bytes === undefined ? entry.leaf : leafHash(entry.bytes))
    return tree.root()
  } finally {
    await journal.close()
  }
}

/** The checkpoint, where this key signed it for a log of its own gateway. */
function ownCheckpoint(text: string, publicKey: Uint8Array): Checkpoint {
  const origin = claimedOrigin(text)
  const id = deviceIdOf(publicKey)
  if (!new RegExp(`^fieldproof/[a-z0-9-]{1,32}/${id}(/[1-9][0-9]{0,8})?$`).test(origin))
    throw new Failure('check', `the checkpoint is of ${origin}, not of gateway ${id}`)
  const opened = openCheckpoint(text, origin, publicKey)
  if (opened.ok) return opened.value
  throw new Failure('check', `the checkpoint does not verify: ${opened.detail}`)
}
