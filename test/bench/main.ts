/**
 * End to end: from the sockets of clients to the fsynced journal and back to PUBACK, against a real
 * `fieldproof start`, beside three references of the same rounds: verification alone on all cores (the
 * limit), aedes alone, and a plain script that subscribes and writes to InfluxDB. Then the same ingest
 * beside buyers, and the dashboard in a browser before a thousand devices.
 *
 *   npm run bench -- --help
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchDashboard } from './dashboard.js'
import { describeMachine } from './machine.js'
import { benchMarket } from './market.js'
import { hasIngest, parseOptions } from './options.js'
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
console.log(describeMachine())
if (hasIngest(options)) {
  progress('enrolling the fleet and signing every message')
  const prepared = await prepare(folder, options)
  const results = await measureRounds(folder, options, prepared, progress)
  progress('')
  printReport(options, results, prepared.json.plan.connections)
}
const reached: boolean[] = []
if (options.only.includes('market')) reached.push(await benchMarket(folder, options, progress))
if (options.only.includes('dashboard'))
  reached.push(await benchDashboard(folder, options.market.devices, progress))
if (reached.includes(false)) process.exitCode = 1
