/** `fieldproof simulate`: devices that do not exist, over the wire that does. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { RunOptions } from '../../simulator/crew.js'
import { faultNames, faults, unknownFaults } from '../../simulator/faults.js'
import type { SignerKind } from '../../simulator/key.js'
import { inFlightDefault } from '../../simulator/limits.js'
import { auditTable } from '../../simulator/oracle.js'
import { openProgress, type Progress } from '../../simulator/progress.js'
import type { ReplayRun } from '../../simulator/replay.js'
import type { Run } from '../../simulator/run.js'
import { Failure } from '../core/failure.js'
import { inFlightMax, recordsMax } from '../core/limits.js'
import { parseDuration } from '../core/time.js'
import { keepReceipts } from './keptReceipts.js'
import { type CommonOptions, wholeArgument } from './options.js'
import { print, printJson } from './output.js'
import { untilAsked } from './signals.js'
import { runAttackCommand } from './simulateAttacks.js'
import { describeReplay, describeRun, replayed, statusLine } from './simulateOutput.js'
import { findTarget, type TargetOptions } from './simulateTarget.js'

interface SimulateOptions extends CommonOptions, TargetOptions {
  devices?: number
  rate: number
  values: number
  duration?: number
  seed: string
  serial?: string[]
  replay?: string
  speed?: number
  shift: 'now' | 'none'
  fault?: string[]
  attack?: string[]
  faultRate: number
  inFlight: number
  receipts?: boolean | string
  sequence: 'plain' | 'boot'
  signer: SignerKind
  json?: boolean
}

const devicesDefault = 10

const examples = `
Rate is messages per second of each device: 100 devices at 0.5 send 50 messages a second.
The same seed makes the same devices; run again, they need no second approval.
At the end the simulator compares what was acknowledged with what the gateway holds, and exits 1
where they differ. A device that the gateway does not know enrols; with the operator's token, which
--data-dir finds, the simulator approves its own devices.

Faults (--fault a,b or --fault all), and the verdict that each must get:
${faultNames.map((name) => `  ${name.padEnd(16)} ${faults[name]!.expect.padEnd(15)} ${faults[name]!.what}`).join('\n')}

Attacks (--attack a,b or --attack all) run in an epoch of their own and say how each ended: refused,
flagged in its row, worthless, or with evidence. They exit 1 where one worked.

Examples:
  fieldproof simulate --devices 50 --rate 0.5 --duration PT5M
  fieldproof simulate --fault all --fault-rate 0.1 --duration 60
  fieldproof simulate --attack all
  fieldproof simulate --replay 2019-05-15_sds011_sensor_123.csv --speed max
  fieldproof simulate --devices 5 --receipts receipts.ndjson && fieldproof receipts check receipts.ndjson
  fieldproof simulate --serial /dev/ttyUSB0 --mqtt mqtt://192.168.1.4`

/** The command; its action sets `process.exitCode` to 1 where the oracle finds a difference. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
  addTargetFlags(command)
  addFleetFlags(command)
  return command.addHelpText('after', examples).action(run)
}

function addTargetFlags(command: Command): void {
  command
    .option('-c, --config <file>', 'configuration file (default: fieldproof.yaml, if it is here)')
    .option('-d, --data-dir <folder>', 'data directory of the gateway: finds it and its token')
    .option('--mqtt <url>', 'broker, as mqtt://host:port (default: the gateway of --data-dir)')
    .option('--url <url>', 'the gateway over HTTP (default: the gateway of --data-dir)')
    .option('--token <text>', 'operator token, for a gateway on another machine')
    .option('--network <name>', 'network that devices sign for (default: the gateway’s)')
    .option('--serial <path...>', 'device files; one device speaks on each')
    .addOption(
      new Option('--acks <how>', 'what acknowledges: PUBACK, or dn/ak behind an external broker')
        .choices(['puback', 'ak'])
        .default(undefined, 'ak where mqtt.mode is external, else puback'),
    )
}

function addFleetFlags(command: Command): void {
  command
    .option('-n, --devices <n>', 'devices (default: 10, or one per --serial)', wholeArgument)
    .option('-r, --rate <n>', 'messages per second of each device', positive, 0.2)
    .option('--values <n>', 'values per message, 1 to 64', between(1, recordsMax), 3)
    .option(
      '-t, --duration <time>',
      'seconds, or ISO 8601 such as PT5M (default: until Ctrl-C)',
      duration,
    )
    .option('--seed <text>', 'devices, weather and faults come from it', '1')
    .option('--replay <file>', 'send a recorded day, .csv or .csv.gz, one device per sensor')
    .option('--speed <x>', 'replay: times real time, or max (default: max)', speed)
    .addOption(
      new Option('--shift <to>', 'replay: the last row becomes now, or times stay')
        .choices(['now', 'none'])
        .default('now'),
    )
    .option('--fault <names>', 'faults to commit, comma-separated, or all', faultList)
    .option('--attack <names>', 'attacks to try instead, comma-separated, or all', names)
    .option('--fault-rate <share>', 'share of messages that bring a fault', share, 0.02)
    .option(
      '--in-flight <n>',
      'messages of one device in flight',
      between(1, inFlightMax),
      inFlightDefault,
    )
    .option(
      '--receipts [file]',
      'ask for the gateway’s receipts and check them; keep them in a file',
    )
    .addOption(
      new Option('--sequence <kind>', 'numbering: from the clock, or boot count << 32 | n')
        .choices(['plain', 'boot'])
        .default('plain'),
    )
    .addOption(
      new Option(
        '--signer <which>',
        'node is ten times faster, for more than 1,000 messages a second',
      )
        .choices(['noble', 'node'])
        .default('noble'),
    )
    .option('--json', 'print the result as JSON')
}

async function run(options: SimulateOptions): Promise<void> {
  if (options.attack !== undefined) return runAttackCommand(options.attack, options)
  const progress = openProgress({
    out: process.stderr,
    env: process.env,
    now: () => performance.now(),
  })
  const kept = typeof options.receipts === 'string' ? keepReceipts(options.receipts) : undefined
  const { simulation, replay } = await start(options, (text) => progress.note(text), kept?.add)
  if (!options.json) progress.note(describeRun(options.seed, simulation.devices))
  const asked = untilAsked().then(() => simulation.stop(2_000))
  const ticker = setInterval(() => show(progress, simulation), 100)
  try {
    // Stopping ends the run as well; an error of the run comes out of either.
    await Promise.race([simulation.finished, asked])
  } finally {
    clearInterval(ticker)
    show(progress, simulation)
    progress.end()
    kept?.close()
  }
  const audit = await simulation.audit()
  const report = simulation.report()
  if (options.json) printJson({ report, audit, ...(replay && { replay: replayed(replay) }) })
  else print(`${statusLine(report, false)}\n${auditTable(audit)}`)
  if (audit.differenceCount > 0) process.exitCode = 1
}

interface Started {
  simulation: Run
  /** The same, where a file is replayed. */
  replay?: ReplayRun
}

async function start(
  options: SimulateOptions,
  onNote: (text: string) => void,
  onReceipt: RunOptions['onReceipt'],
): Promise<Started> {
  const { serial: serialPaths = [], fault = [] } = options
  const devices = options.devices ?? (serialPaths.length || devicesDefault)
  const needsMqtt = options.replay !== undefined || devices > serialPaths.length
  const target = await findTarget(options, needsMqtt)
  const { seed, sequence, signer, faultRate } = options
  const wanted = fault.includes('all') ? [...faultNames] : fault
  const common = {
    ...target,
    seed,
    sequence,
    signer,
    faultRate,
    receipts: options.receipts !== undefined,
    ...(onReceipt && { onReceipt }),
    faults: wanted,
    serialPaths,
    // Faults are made to arrive inside the window of 64, whatever is in flight.
    inFlight: wanted.length > 0 ? Math.min(options.inFlight, inFlightDefault) : options.inFlight,
    onNote,
  }
  if (options.replay === undefined) {
    if (devices === 0) throw new Failure('usage', 'a fleet has at least one device: --devices 1')
    const { rate, values, duration: durationSec } = options
    const { startFleet } = await import('../../simulator/fleet.js')
    return { simulation: startFleet({ ...common, devices, rate, values, durationSec }) }
  }
  if (serialPaths.length > 0) throw new Failure('usage', '--replay goes over MQTT only')
  const own = wanted.filter((name) => faults[name]!.kind !== 'distort')
  if (own.length < wanted.length && !fault.includes('all'))
    throw new Failure(
      'usage',
      '--replay leaves rows as they are: clock-skew, spike and flatline change them',
    )
  const { replay: file, speed: times = Number.POSITIVE_INFINITY, shift } = options
  const { startReplay } = await import('../../simulator/replay.js')
  const replay = await startReplay({ ...common, faults: own, file, speed: times, shift })
  onNote(describeReplay(replay))
  return { simulation: replay, replay }
}

function show(progress: Progress, simulation: Run): void {
  progress.update(simulation.progress(), statusLine(simulation.report(), true))
}

function positive(text: string): number {
  const value = /^[0-9]{1,6}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : 0
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.')
  return value
}

function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = wholeArgument(text)
    if (value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    return value
  }
}

function share(text: string): number {
  const value = positive(text)
  if (value > 1) throw new InvalidArgumentError('Expected a share from 0 to 1.')
  return value
}

function speed(text: string): number {
  return text === 'max' ? Number.POSITIVE_INFINITY : positive(text)
}

function duration(text: string): number {
  const seconds = /^[0-9]+$/.test(text) ? Number(text) : parseDuration(text)
  if (!seconds) throw new InvalidArgumentError('Expected seconds, or a duration such as PT5M.')
  return seconds
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}

function faultList(text: string): string[] {
  const wanted = names(text)
  const unknown = unknownFaults(wanted.filter((name) => name !== 'all'))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`No such fault: ${unknown.join(', ')}. --help lists them.`)
  return wanted
}
