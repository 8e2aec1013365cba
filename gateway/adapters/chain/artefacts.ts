/** The compiled contracts: a product of the build, made when it is wanted and its sources changed. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Failure, messageOf } from '../../core/failure.js'

export interface ContractArtefacts {
  /** Hash of the sources that this was made of. */
  readonly sources: string
  readonly compiler: string
  readonly contracts: Readonly<
    Record<string, { readonly abi: readonly object[]; readonly bytecode: string }>
  >
}

export const artefactsPath = fileURLToPath(new URL('./contracts.json', import.meta.url))

/** The project's own contracts by file name; those of OpenZeppelin are in node_modules. */
export function contractSources(): Record<string, string> {
  const folder = sourcesFolder()
  const names = readdirSync(folder).filter((name) => name.endsWith('.sol'))
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}

/** This file runs from the build folder; the sources stay where they are. */
function sourcesFolder(): string {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json'))) root = dirname(root)
  return join(root, 'gateway/adapters/chain/contracts')
}

export function sourcesHash(sources: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex')
}

/**
 * The compiled contracts, compiled first where that was not done since their sources changed (about
 * 3 s). Rejects with Failure('usage') where the compiler is missing or refuses them.
 */
export async function contractArtefacts(): Promise<ContractArtefacts> {
  const wanted = sourcesHash(contractSources())
  const found = readArtefacts()
  if (found?.sources === wanted) return found
  const script = fileURLToPath(new URL('./compile.js', import.meta.url))
  try {
    await promisify(execFile)(process.execPath, [script])
  } catch (error) {
    throw new Failure(
      'usage',
      'the contracts could not be compiled; that takes a checkout with its development ' +
        `dependencies ("npm ci"): ${messageOf(error)}`,
    )
  }
  const made = readArtefacts()
  if (made?.sources !== wanted)
    throw new Failure('usage', 'the contracts changed meanwhile: try again')
  return made
}

function readArtefacts(): ContractArtefacts | undefined {
  try {
    return JSON.parse(readFileSync(artefactsPath, 'utf8')) as ContractArtefacts
  } catch {
    return undefined
  }
}
