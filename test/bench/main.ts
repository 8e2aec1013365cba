/**
 * End to end: from the sockets of clients to the fsynced journal and back to PUBACK, against a real
 * `fieldproof start`, beside three references of the same rounds: verification alone on all cores (the
 * limit), aedes alone, and a plain script that subscribes and writes to InfluxDB.
 *
 *   npm run bench -- --help
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMachine } from './machine.js'
import { parseOptions } from './options.js'
import { prepare } from './prepare.js'
import { printReport } from './report.js'
import { measureRounds } from './rounds.js'

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
}

const options = parseOptions(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'fieldproof-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
if (options.profile !== undefined) mkdirSync(options.profile, { recursive: true })
progress('enrolling the fleet and signing every message')
const prepared = await prepare(folder, options)
const results = await measureRounds(folder, options, prepared, progress)
progress('')
console.log(describeMachine())
printReport(options, results, prepared.json.plan.connections)
