import { Command } from 'commander'
import { Failure } from '../core/failure.js'
import type { EpochJson } from '../core/log/epoch.js'
import { type ContributionRow, parseRows } from '../core/rewards/statement.js'
import { formatInstant } from '../core/time.js'
import { connectGateway } from './client.js'
import { auditCommand } from './epochAudit.js'
import { showCosts } from './epochCosts.js'
import { addCommonOptions, type CommonOptions, deviceArgument, wholeArgument } from './options.js'
import { paint, print, printJson, printPairs, printTable } from './output.js'

interface ReadOptions extends CommonOptions {
  json?: boolean
}

interface ShowOptions extends ReadOptions {
  device?: string
}

/** `fieldproof epoch ..`: what owners earned, and from what. */
export function epochCommand(): Command {
  const command = new Command('epoch').addHelpText(
    'after',
    `
Examples:
  fieldproof epoch list
  fieldproof epoch audit 12`,
  )
  command.addCommand(listCommand())
  command.addCommand(showCommand())
  command.addCommand(closeCommand())
  command.addCommand(auditCommand())
  return command
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list the closed epochs, oldest first')
    .option('--from <n>', 'begin with this one', wholeArgument, 1)
    .option('--json', 'print the records as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof epoch list --from 100')
  return addCommonOptions(command).action(async (options: ReadOptions & { from: number }) => {
    const gateway = await connectGateway(options)
    const records = await gateway.get<EpochJson[]>('/epochs', { from: options.from })
    if (options.json) return printJson(records)
    if (records.length === 0) return print('no epoch is closed yet')
    printTable(['epoch', 'from', 'to', 'entries', 'devices', 'paid'], records.map(line))
  })
}

function line(record: EpochJson): string[] {
  const { n, from, to, firstIndex, endIndex, contribCount, paid } = record
  const entries = endIndex - firstIndex
  return [n, formatInstant(from), formatInstant(to), entries, contribCount, paid].map(String)
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show one closed epoch, device by device')
    .argument('<n>', 'number of the epoch', wholeArgument)
    .option('--device <id>', 'one device alone, and what each reason cost it', deviceArgument)
    .option('--json', 'print the record and its rows as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  fieldproof epoch show 12\n  fieldproof epoch show 12 --device qzxo7plhddeii',
    )
  return addCommonOptions(command).action(async (n: number, options: ShowOptions) => {
    const gateway = await connectGateway(options)
    const record = await gateway.get<EpochJson>(`/epochs/${n}.json`)
    const rows = rowsOf(await gateway.text(`/epochs/${n}/contributions.ndjson`))
    if (options.device !== undefined) return showCosts(record, rows, options)
    if (options.json) return printJson({ record, rows })
    printPairs(describe(record))
    if (rows.length === 0) return
    print('')
    printTable(
      ['device', 'accepted', 'late', 'uptime', 'quality', 'weight', 'coverage', 'usage', 'paid'],
      rows.map(cells),
    )
  })
}

function describe(record: EpochJson): [string, string][] {
  const [poolIn, carryIn, usageIn, unallocated, carryOut] = record.money
  return [
    ['epoch', String(record.n)],
    ['time', `${formatInstant(record.from)} to ${formatInstant(record.to)}`],
    [
      'log entries',
      record.endIndex === record.firstIndex
        ? `none; the record is ${record.endIndex}`
        : `${record.firstIndex} to ${record.endIndex - 1}; the record is ${record.endIndex}`,
    ],
    ['to give', `${poolIn} emitted + ${carryIn} carried + ${usageIn} from buyers`],
    ['given', `${record.paid}; ${unallocated} not emitted, ${carryOut} carried on`],
    ['rows', `${record.contribCount}, root ${record.contribRoot}`],
    ['rewards', `root ${record.rewardRoot}`],
  ]
}

function cells(row: ContributionRow): string[] {
  return [
    row.device,
    `${row.accepted} of ${row.expected}`,
    String(row.late),
    percent(row.uptimeBp),
    percent(row.qualityBp),
    String(row.weight),
    row.coverage,
    row.usage,
    row.paid,
  ]
}

/** Basis points as a percentage. */
function percent(bp: number): string {
  return `${(bp / 100).toFixed(2)} %`
}

function rowsOf(text: string): ContributionRow[] {
  const rows = parseRows(text)
  if (rows.ok) return rows.value
  throw new Failure('check', `the statement is not of its form: ${rows.detail}`)
}

function closeCommand(): Command {
  const command = new Command('close')
    .description('close the open epoch now; the next one begins at once')
    .option('--json', 'print the record as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof epoch close')
  return addCommonOptions(command).action(async (options: ReadOptions) => {
    const gateway = await connectGateway(options)
    const record = await gateway.post<EpochJson>('/api/epochs/close', {})
    if (options.json) return printJson(record)
    print(`${paint('green', 'ok')}  epoch ${record.n} is closed, ${record.paid} base units paid`)
  })
}
