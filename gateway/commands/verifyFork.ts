/** What `fieldproof verify` says of forks: of evidence that somebody kept, and of two files. */
import { toHex } from '../core/bytes.js'
import { Failure } from '../core/failure.js'
import { openFork } from '../core/log/fork.js'
import { type Comparison, compareViews, viewOfOther, viewOfProof } from '../core/proof/against.js'
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

/** Compares a verified proof file with another file of its log, the text of `name`. */
export function compareWith(file: ProofFile, other: string, name: string): Comparison {
  const view = viewOfOther(other, file)
  if (!view.ok) throw new Failure('check', `${name} cannot be compared: ${view.detail}`)
  return compareViews(viewOfProof(file), view.value)
}

/** `ok` or `BAD`, name and detail of each link. */
export function printLinks(
  links: readonly { readonly link: string; readonly ok: boolean; readonly detail: string }[],
): void {
  const width = Math.max(...links.map(({ link }) => link.length))
  for (const { link, ok, detail } of links)
    print(`${ok ? paint('green', 'ok ') : paint('red', 'BAD')}  ${link.padEnd(width)}  ${detail}`)
}

/**
 * Says what came of it; rejects with Failure('check') that names a fork. `apart`: what to do where
 * there was nothing to compare.
 */
export function tellComparison(
  { kind, detail }: Comparison,
  json: boolean,
  apart = 'ask the log for newer proofs of both readings',
): void {
  if (kind === 'fork')
    throw new Failure(
      'check',
      `FORK: ${detail}; its key signed both: keep the two files, they are the evidence`,
    )
  if (json) return
  print(kind === 'agree' ? `no fork: ${detail}` : `not compared: ${detail}; ${apart}`)
}
