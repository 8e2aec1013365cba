/** What `fieldproof verify` says of forks: of evidence that somebody kept, and of two files. */
import { toHex } from '../core/bytes.js'
import { Failure } from '../core/failure.js'
import { openFork } from '../core/log/fork.js'
import { compareViews, viewOfOther, viewOfProof } from '../core/proof/against.js'
import type { ProofFile } from '../core/proof/proofFile.js'
import { paint, print, printJson } from './output.js'

/** Checks evidence of a fork (schemas/witness.md). Rejects with Failure('check') where it shows none. */
export function verifyFork(text: string, json: boolean): void {
  const fork = openFork(text)
  if (!fork.ok) throw new Failure('check', `this is no evidence of a fork: ${fork.detail}`)
  const { origin, older, newer } = fork.value
  const heads = [older, newer].map(({ size, root }) => ({ size, root: toHex(root) }))
  if (json) {
    printJson({ kind: 'fork', ok: true, origin, heads })
    return
  }
  print(`${paint('green', 'ok ')}  The evidence holds: the key of ${origin} signed two logs.`)
  for (const { size, root } of heads) print(`     ${size} entries, root ${root}`)
  if (older.size !== newer.size)
    print('     The larger tree does not begin with the smaller one, as its own path shows.')
}

/** Compares a verified proof file with another file of its log; Failure('check') names a fork. */
export function verifyAgainst(file: ProofFile, other: string, name: string): string {
  const view = viewOfOther(other, file)
  if (!view.ok) throw new Failure('check', `${name} cannot be compared: ${view.detail}`)
  const found = compareViews(viewOfProof(file), view.value)
  if (found.kind === 'fork')
    throw new Failure(
      'check',
      `FORK: ${found.detail}; its key signed both: keep the two files, they are the evidence`,
    )
  return found.kind === 'agree'
    ? `no fork: ${found.detail}`
    : `not compared: ${found.detail}; ask the log for newer proofs of both readings`
}
