import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { loadBackend } from '../../gateway/adapters/verifier/loadBackend.js'
import { projectRoot } from '../support/root.js'

/** What was measured, and on what, in one or two lines. */
export function describeMachine(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))
  const memory = `${Math.round(totalmem() / 1e9)} GB`
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')
  return [
    `FieldProof ${version} on ${availableParallelism()} x ${cpus()[0]?.model.trim() ?? arch()}, ${memory},`,
    `${type()} ${release()} ${arch()}, Node ${process.version}, verifier ${loadBackend().name}, load ${load}`,
  ].join('\n')
}
