/** Reads schemas/vectors/proof.json, and makes the changed files that it describes. */
import { vectorText } from './vectors.js'

export interface BrokenProof {
  name: string
  of: string
  /** RFC 6901. */
  at: string
  value?: unknown
  link: string
}

export interface ProofVectors {
  gateway: string
  files: Record<string, { about: string; file: Record<string, unknown>; packed: string }>
  broken: BrokenProof[]
}

export function proofVectors(): ProofVectors {
  return JSON.parse(vectorText('proof')) as ProofVectors
}

/** The changed file. */
export function changed({ of, at, value }: BrokenProof): object {
  const file = structuredClone(proofVectors().files[of]!.file)
  const names = at.split('/').slice(1)
  const last = names.pop()!
  let holder = file
  for (const name of names) holder = holder[name] as Record<string, unknown>
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return file
}
