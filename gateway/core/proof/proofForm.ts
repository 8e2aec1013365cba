/** Reads the text of a proof file: exactly the form of schemas/proof.md. */
import { proofFileBytesMax, proofPathMax, proofRotationsMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { ProofFile } from './proofFile.js'
import { count, exactly, hasFieldTwice, mismatch, type Shape, text, texts } from './shape.js'

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
      fields: { index: count, size: count, path: texts(proofPathMax), checkpoint: text },
    },
  },
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
  if (hasFieldTwice(json, value)) return refuse('malformed', 'the file has a field twice')
  const wrong = mismatch(value, proofShape, '')
  return wrong === undefined ? accept(value as ProofFile) : refuse('malformed', wrong)
}
