/** Reads the text of a proof file: exactly the form of schemas/proof.md. */
import { canonicalJson, toJson } from '../json.js'
import { proofFileBytesMax, proofPathMax, proofRotationsMax } from '../limits.js'
import { parseRow } from '../rewards/statement.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { ProofFile } from './proofFile.js'
import { count, exactly, hasFieldTwice, mismatch, type Shape, text, texts } from './shape.js'

const path = texts(proofPathMax)

const row: Shape = {
  is: (value) => {
    const json = toJson(value)
    return json.ok && parseRow(canonicalJson(json.value)).ok
  },
  words: 'a contribution row',
}

const proofShape: Shape = {
  fields: {
    v: exactly(1),
    network: {
      is: (value) => typeof value === 'string' && /^[a-z0-9-]{1,32}$/.test(value),
      words: 'a network name: 1 to 32 of a-z, 0-9 and -',
    },
    gateway: { fields: { id: text, key: text } },
    kind: exactly('reading'),
    message: text,
    device: {
      fields: { id: text, key: text, rotations: texts(proofRotationsMax), first: text },
      optional: ['first'],
    },
    log: {
      fields: { index: count, size: count, path, checkpoint: text },
    },
    epoch: { fields: { n: count, record: text, index: count, path } },
    contribution: {
      fields: {
        row,
        index: count,
        size: count,
        path,
        reading: { fields: { index: count, size: count, path } },
      },
      optional: ['reading'],
    },
    reward: {
      fields: { account: text, token: text, cumulative: text, proof: path, root: text },
    },
  },
  optional: ['epoch', 'contribution', 'reward'],
}

/** Reads a proof file's text; `malformed` with words for people where it does not have the form. */
export function parseProofFile(json: string): Result<ProofFile> {
  if (json.length > proofFileBytesMax) return refuse('malformed', 'the file is too long')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return refuse('malformed', 'the file is not JSON')
  }
  const wrong = mismatch(value, proofShape, '')
  if (wrong !== undefined) return refuse('malformed', wrong)
  if (hasFieldTwice(json, value)) return refuse('malformed', 'the file has a field twice')
  const file = value as ProofFile
  const alone = partAlone(file)
  return alone === undefined ? accept(file) : refuse('malformed', alone)
}

/** Why a part cannot stand without another one that is missing. */
function partAlone({ epoch, contribution, reward }: ProofFile): string | undefined {
  if (epoch !== undefined && contribution === undefined) return 'contribution is missing'
  if (epoch === undefined && (contribution ?? reward) !== undefined) return 'epoch is missing'
  return undefined
}
