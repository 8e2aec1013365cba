/** `fieldproof epoch audit`: works closed epochs out again from what was published of them. */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { stripControls } from '../adapters/system/text.js'
import {
  type AuditedBefore,
  auditEpoch,
  type EpochAudit,
  type EpochTexts,
  readBefore,
} from '../core/audit/epoch.js'
import { type CheckReport, type Outcome, reportOf } from '../core/audit/finding.js'
import { auditEntry, auditGrowth, readCheckpoint } from '../core/audit/logEntry.js'
import { ed25519Verify } from '../core/crypto.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure, messageOf } from '../core/failure.js'
import { checkpointDelayMsMax } from '../core/limits.js'
import { parseAmount } from '../core/log/amount.js'
import type { Checkpoint } from '../core/log/checkpoint.js'
import type { HashReader } from '../core/log/tree.js'
import { showAudit, showLog, summaryOf } from './epochAuditOutput.js'
import { deviceArgument } from './options.js'
import { printJson } from './output.js'
import { createProgressBar } from './progress.js'
import { addSourceOptions, type SourceOptions, sourceOf } from './published/options.js'
import {
  gatewayOf,
  needText,
  type Published,
  type PublishedGateway,
  readText,
  tileReader,
} from './published/published.js'

/** How often a gateway is asked for a checkpoint that is due, ms. */
const checkpointPollMs = 250

interface AuditOptions extends SourceOptions {
  all?: boolean
  gateway?: string
  perHour?: bigint
  since?: string
  json?: boolean
}

interface Range {
  from: number
  to: number
}

const examples = `
Needs nothing from the gateway but what it publishes, and believes none of it: signature, chain,
every row's weight and pay, conservation, claims and the record's place in the log are worked out
again. Exit code 0 where all agrees, 1 where something differs; it is named.

--dir takes a mirror of the gateway's paths, a copy of the epochs folder of a data directory, or the
files of one epoch side by side; gateway.json must be there too.

Examples:
  fieldproof epoch audit 12
  fieldproof epoch audit 1..12 --url http://192.168.1.4:8484 --gateway j2jqmhsdcxhx4
  fieldproof epoch audit --all --per-hour 1000000000000000000
  curl -s localhost:8484/checkpoint > seen && fieldproof epoch audit 12 --since seen`

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('work closed epochs out again from what was published, and name what differs')
    .argument('[n]', 'number of an epoch, or a range such as 1..12', rangeArgument)
    .option('--all', 'every closed epoch')
    .option('--gateway <id>', 'accept only epochs of this gateway', deviceArgument)
    .option('--per-hour <units>', 'what the gateway promised to emit, base units', amountArgument)
    .option('--since <file>', 'a checkpoint seen earlier, which the log must have grown from')
    .option('--json', 'print every check as JSON')
    .addHelpText('after', examples)
  return addSourceOptions(command).action(run)
}

/** What all epochs of one audit share. */
interface Context {
  source: Published
  gateway: PublishedGateway
  options: AuditOptions
  log: Log
}

/** The log as it was signed last, or why it cannot be asked. */
type Log = { checkpoint: Checkpoint; tiles: HashReader } | { outcome: Outcome }

async function run(asked: Range | undefined, options: AuditOptions): Promise<void> {
  const source = await sourceOf(options)
  const range = await rangeOf(source, asked, options.all === true)
  const gateway = await gatewayOf(source)
  const log = await logOf(source, gateway, await endIndexOf(source, range.to))
  const context = { source, gateway, options, log }
  const growth = options.since === undefined ? undefined : await growthOf(context, options.since)
  const audits: EpochAudit[] = []
  const isOne = range.from === range.to
  let before = await beforeOf(context, range.from)
  const bar = createProgressBar('auditing')
  for (let n = range.from; n <= range.to; n++) {
    const audit = await auditOne(context, n, before)
    before = audit.after
    audits.push({ ...audit, after: undefined })
    bar.clear()
    if (!options.json) showAudit(audit, isOne)
    bar.show(n - range.from + 1, range.to - range.from + 1)
  }
  bar.end()
  if (growth && !options.json) showLog(growth)
  const reports = [...audits.flatMap(({ checks }) => checks), ...(growth ? [growth] : [])]
  if (options.json) printJson(summaryOf(deviceIdOf(gateway.key), source.place, audits, growth))
  const bad = reports.filter(({ state }) => state === 'bad')
  if (bad.length > 0)
    throw new Failure('check', `the audit found: ${stripControls(bad[0]!.findings[0]!)}`)
}

async function auditOne(
  context: Context,
  n: number,
  before: AuditedBefore | undefined,
): Promise<EpochAudit> {
  const { source, gateway, options, log } = context
  const audit = auditEpoch({
    n,
    texts: await textsOf(source, n),
    before,
    gatewayKey: gateway.key,
    network: gateway.network,
    gateway: options.gateway,
    perHour: options.perHour,
  })
  if (audit.after === undefined) return audit
  const entry =
    'outcome' in log ? log.outcome : await auditEntry(audit.after.record, log.checkpoint, log.tiles)
  return { ...audit, checks: [...audit.checks, reportOf('log', entry)] }
}

async function textsOf(source: Published, n: number): Promise<EpochTexts> {
  return {
    record: await needText(source, `epochs/${n}.json`),
    contributions: await needText(source, `epochs/${n}/contributions.ndjson`),
    aggregates: await needText(source, `epochs/${n}/aggregates.ndjson`),
    rewards: await needText(source, `epochs/${n}/rewards.json`),
  }
}

/** The epoch before the first that is audited, as far as it is here. */
async function beforeOf(
  { source, gateway }: Context,
  n: number,
): Promise<AuditedBefore | undefined> {
  if (n === 1) return undefined
  const record = await readText(source, `epochs/${n - 1}.json`)
  if (record === undefined) return undefined
  const rewards = await readText(source, `epochs/${n - 1}/rewards.json`)
  const before = readBefore({ record, rewards }, gateway.key, ed25519Verify)
  if (before.ok) return before.value
  throw new Failure('check', `epoch ${n - 1}, which epoch ${n} continues: ${before.detail}`)
}

/**
 * The newest checkpoint. A gateway signs one within five seconds of an entry, so the record of an epoch
 * that was closed just now (entry `endIndex`) is waited for; a folder of copies does not change.
 */
async function logOf(
  source: Published,
  { network, key }: PublishedGateway,
  endIndex: number,
): Promise<Log> {
  for (const untilMs = performance.now() + 2 * checkpointDelayMsMax; ; ) {
    const note = await readText(source, 'checkpoint')
    const read = note === undefined ? undefined : readCheckpoint(note, network, key, ed25519Verify)
    if (read !== undefined && !read.ok)
      return { outcome: { detail: '', findings: [`checkpoint: ${read.detail}`] } }
    const isAwaited = (read?.value.size ?? 0) <= endIndex
    if (isAwaited && source.isLive && performance.now() < untilMs)
      await setTimeout(checkpointPollMs)
    else if (read === undefined)
      return { outcome: { skipped: `${source.place} has no checkpoint` } }
    else return { checkpoint: read.value, tiles: tileReader(source, read.value.size) }
  }
}

/** `endIndex` of a record as it says; 0 where it says none, which the audit of the record names. */
async function endIndexOf(source: Published, n: number): Promise<number> {
  const text = await needText(source, `epochs/${n}.json`)
  try {
    const { endIndex }: { endIndex?: unknown } = JSON.parse(text)
    return typeof endIndex === 'number' ? endIndex : 0
  } catch {
    return 0
  }
}

async function growthOf({ gateway, log }: Context, path: string): Promise<CheckReport> {
  let note: string
  try {
    note = await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read ${path}: ${messageOf(error)}`)
  }
  const since = readCheckpoint(note, gateway.network, gateway.key, ed25519Verify)
  if (!since.ok) throw new Failure('check', `${path}: ${since.detail}`)
  if ('outcome' in log) return reportOf('log', log.outcome)
  return reportOf('log', await auditGrowth(since.value, log.checkpoint, log.tiles))
}

async function rangeOf(source: Published, asked: Range | undefined, all: boolean): Promise<Range> {
  if ((asked !== undefined) === all)
    throw new Failure('usage', 'name an epoch, a range such as 1..12, or --all')
  if (asked !== undefined) return asked
  const numbers = await source.epochs()
  const [from, to] = [numbers[0], numbers.at(-1)]
  if (from === undefined || to === undefined)
    throw new Failure('usage', `${source.place} has no closed epoch`)
  return { from, to }
}

function rangeArgument(text: string): Range {
  const match = /^([1-9][0-9]{0,14})(?:\.\.([1-9][0-9]{0,14}))?$/.exec(text)
  const from = Number(match?.[1])
  const to = Number(match?.[2] ?? from)
  if (!(from <= to)) throw new InvalidArgumentError('Expected a number from 1, or 1..12.')
  return { from, to }
}

function amountArgument(text: string): bigint {
  const amount = parseAmount(text)
  if (amount === undefined) throw new InvalidArgumentError('Expected a whole number of base units.')
  return amount
}
