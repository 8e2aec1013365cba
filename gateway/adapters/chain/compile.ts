/**
 * Compiles the contracts: `npm run contracts`. A script of its own, because the compiler is a
 * development dependency of 10 MB that stays in memory and listens to the process's errors.
 *
 *   node dist/gateway/adapters/chain/compile.js
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { artefactsPath, type ContractArtefacts, contractSources, sourcesHash } from './artefacts.js'

interface Compiler {
  version(): string
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string
}

interface CompilerOutput {
  errors?: { severity: string; formattedMessage: string }[]
  contracts: Record<
    string,
    Record<string, { abi: readonly object[]; evm: { bytecode: { object: string } } }>
  >
}

const require = createRequire(import.meta.url)

function compile(): ContractArtefacts {
  const compiler = require('solc') as Compiler
  const sources = contractSources()
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, content]) => [name, { content }]),
    ),
    settings: {
      optimizer: { enabled: true, runs: 1_000 },
      evmVersion: 'cancun',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const read = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const text = compiler.compile(JSON.stringify(input), { import: read })
  const output = JSON.parse(text) as CompilerOutput
  const complaints = (output.errors ?? []).map((error) => error.formattedMessage)
  // Warnings too: the contracts hold money.
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  const contracts = Object.keys(sources).flatMap((file) =>
    Object.entries(output.contracts[file] ?? {}).map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: `0x${evm.bytecode.object}` },
    ]),
  )
  return {
    sources: sourcesHash(sources),
    compiler: compiler.version(),
    contracts: Object.fromEntries(contracts),
  }
}

/** Whole or not at all: two test processes may do this at the same time. */
function write(artefacts: ContractArtefacts): void {
  const temporary = `${artefactsPath}.${randomBytes(6).toString('hex')}`
  writeFileSync(temporary, JSON.stringify(artefacts))
  renameSync(temporary, artefactsPath)
}

write(compile())
