/** Reads a trust policy (C2SP tlog-policy) from a file. */
import { readFile } from 'node:fs/promises'
import { Failure, type FailureCode, messageOf } from '../core/failure.js'
import { type Policy, parsePolicy } from '../core/log/policy.js'

/** Rejects with Failure(`code`) where the file cannot be read or is no policy; names the line. */
export async function readPolicyFile(path: string, code: FailureCode): Promise<Policy> {
  const policy = parsePolicy(await textOf(path, code))
  if (policy.ok) return policy.value
  throw new Failure(code, `${path} is no trust policy: ${policy.detail}; see schemas/witness.md`)
}

async function textOf(path: string, code: FailureCode): Promise<string> {
  try {
    // A byte order mark stays: it is no character of a policy.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
  } catch (error) {
    throw new Failure(code, `cannot read ${path}: ${messageOf(error)}`)
  }
}
