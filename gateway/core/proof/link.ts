/** What a check of one link of a proof file gets and gives, and how it reads the file's bytes. */
import { fromB64u } from '../bytes.js'
import type { VerifySignature } from '../device/message.js'
import type { Policy } from '../log/policy.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { ProofFile } from './proofFile.js'

export interface Context {
  file: ProofFile
  /** The gateway that was asked for. */
  gateway: string | undefined
  /** Which witnesses must have signed. */
  policy: Policy | undefined
  verify: VerifySignature
}

/**
 * Says what was found; a refusal's detail says what is wrong. `undefined` where the file has no such
 * part and need not have it: then there is no such link.
 */
export type Check = (context: Context) => Result<string> | undefined

/** A key of the file, 32 bytes; `name`: of its field. */
export function keyOf(encoded: string, name: string): Result<Uint8Array> {
  const key = fromB64u(encoded)
  return key?.length === 32 ? accept(key) : refuse('malformed', `${name} is not 32 bytes of b64u`)
}
