/** `fieldproof query`: a buyer's side of the market. Each sub-command is one operation of PROTOCOL 8. */
import { randomBytes } from 'node:crypto'
import { Command, InvalidArgumentError } from 'commander'
import { readAggregateRow } from '../core/privacy/row.js'
import { deviceArgument, timeArgument, wholeArgument } from './options.js'
import { note, print, printJson, printPairs, printTable } from './output.js'
import { type BuyerClient, openBuyer } from './query/buyer.js'
import {
  addBuyerOptions,
  addPlaceOptions,
  dayArgument,
  type PlaceOptions,
  type QueryOptions,
} from './query/options.js'
import { fetchCatalog, placeOf } from './query/place.js'
import { fetchProof, readAnswerText, replaceFile } from './query/proofOf.js'
import { printRows } from './query/rows.js'
import { type QueryRunOptions, runQuery } from './query/run.js'
import { findBuyer } from './query/target.js'
import { type TimeOptions, timesOf } from './query/times.js'

/** The command with its sub-commands. */
export function queryCommand(): Command {
  const command = new Command('query')
    .option('--from <time>', 'first second, UTC', timeArgument)
    .option('--to <time>', 'second after the last', timeArgument)
    .option('--max-cost <credits>', 'credits that all pages may cost together', wholeArgument)
    .option('--page <rows>', 'rows of a page, at most 500', pageArgument, 500)
    .option('--gateway <id>', 'take only what this gateway signed', deviceArgument)
    .option('--verify', 'exit 1 also where the proof is still pending')
    .option('--csv', 'rows as CSV')
    .option('-o, --output <file>', 'write to a file; run again after an interruption, it goes on')
    .option('--live', 'print rows as they are published, until Ctrl-C')
    .option('--day <date>', 'a UTC day as one file, with --format and -o', dayArgument)
    .option('--format <format>', 'csv or ndjson, with --day', formatArgument)
    .addHelpText('after', help)
  addPlaceOptions(command)
  addBuyerOptions(command).action((options: QueryRunOptions) =>
    withBuyer(options, (client, run) => runQuery(client, run, options)),
  )
  command.addCommand(catalogCommand())
  command.addCommand(accountCommand())
  command.addCommand(quoteCommand())
  command.addCommand(latestCommand())
  command.addCommand(proofCommand())
  return command
}

const help = `
Every page is checked as it arrives: it must hold exactly the rows that the gateway published. A file
of --output without --csv is what "fieldproof verify" takes. While an epoch is open its rows have no
proof yet; "fieldproof query proof FILE" fetches it later, for free.

Examples:
  export FIELDPROOF_TOKEN=fp_...
  fieldproof query catalog --buyer acme
  fieldproof query --buyer acme --metric pm25 --cells 87195da4affffff --from 2026-11-21 --to 2026-11-22
  fieldproof query --buyer acme --metric pm25 --cells all --from 2026-11-21 --to 2026-11-22 \\
    --max-cost 100 -o answer.json && fieldproof verify answer.json
  fieldproof query --buyer acme --metric pm25 --cells all --day 2026-11-21 --format csv -o day.csv
  fieldproof query --buyer acme --metric pm25 --cells all --live
  fieldproof query --url mqtts://gateway.example:8883 --network main --buyer acme catalog`

function catalogCommand(): Command {
  return buyerCommand('catalog', 'what can be bought', async (client, run, { json }) => {
    const items = await fetchCatalog(client, `${run}-1`)
    if (json) return printJson(items)
    printTable(
      ['metric', 'unit', 'class', 'step', 'credits a row', 'cells'],
      items.map(({ metric, unit, class: release, step, price, cells }) => [
        metric,
        unit,
        release,
        step,
        String(price),
        cells.length > 3
          ? `${cells.slice(0, 3).join(' ')} and ${cells.length - 3} more`
          : cells.join(' '),
      ]),
    )
  })
}

function accountCommand(): Command {
  return buyerCommand('account', 'your credits and grants', async (client, run, { json }) => {
    const answer = await client.ask(`${run}-1`, { op: 'account' })
    if (json) return printJson(answer)
    const account = (answer.account ?? {}) as Record<string, unknown>
    const texts = Object.entries(account).map(([name, value]): [string, string] => [
      name,
      Array.isArray(value) ? value.join(' ') || 'none' : String(value),
    ])
    printPairs([...texts, ['credits', String(answer.meter?.balance ?? 'unknown')]])
  })
}

function quoteCommand(): Command {
  const about = 'what a query would cost; free'
  const command = buyerCommand<PlaceOptions & TimeOptions>(
    'quote',
    about,
    async (client, run, options) => {
      const q = { ...(await placeOf(client, run, options)), ...timesOf(options) }
      const answer = await client.ask(`${run}-1`, { op: 'quote', q })
      if (options.json) return printJson(answer)
      const { rows, cost } = answer.quote as { rows: number; cost: number }
      print(
        `${rows} rows, ${cost} credits; you have ${answer.meter?.balance ?? 'an unknown number of'}`,
      )
    },
  )
  return addPlaceOptions(command)
    .option('--from <time>', 'first second, UTC', timeArgument)
    .option('--to <time>', 'second after the last', timeArgument)
}

function latestCommand(): Command {
  const about = 'the newest row of each cell'
  const command = buyerCommand<PlaceOptions & { maxCost?: number }>(
    'latest',
    about,
    async (client, run, options) => {
      const q = await placeOf(client, run, options)
      const { maxCost, json } = options
      const answer = await client.ask(`${run}-1`, {
        op: 'latest',
        q,
        ...(maxCost !== undefined && { maxCost }),
      })
      if (json) return printJson(answer)
      const rows = (Array.isArray(answer.items) ? answer.items : []).map(readAggregateRow)
      printRows(rows.flatMap((row) => (row.ok ? [row.value] : [])))
      note(`${answer.meter?.cost ?? 0} credits; ${answer.meter?.balance ?? 0} left`)
    },
  )
  return addPlaceOptions(command).option(
    '--max-cost <credits>',
    'credits that it may cost',
    wholeArgument,
  )
}

function proofCommand(): Command {
  const about = 'the proof of an answer that had none yet; free'
  const command = new Command('proof')
    .description(about)
    .argument('<file>', 'answer of "fieldproof query -o"; it gets its proof')
    .addHelpText('after', '\nExample:\n  fieldproof query proof answer.json --buyer acme')
  return addBuyerOptions(command).action(async (file: string) => {
    const options = command.optsWithGlobals<QueryOptions>()
    const text = await readAnswerText(file)
    await withBuyer(options, async (client, run) => {
      const proved = await fetchProof(client, text, run)
      await replaceFile(file, proved.text)
      print(`${proved.rows} rows are proved; check them with: fieldproof verify ${file}`)
    })
  })
}

const placeInExample: Readonly<Record<string, string>> = {
  quote: ' --metric pm25 --cells all --from 2026-11-21 --to 2026-11-22',
  latest: ' --metric pm25 --cells all',
}

function buyerCommand<Options extends QueryOptions>(
  name: string,
  about: string,
  work: (client: BuyerClient, run: string, options: Options) => Promise<void>,
): Command {
  const example = `fieldproof query ${name} --buyer acme${placeInExample[name] ?? ''}`
  const command = addBuyerOptions(new Command(name).description(about))
  command.addHelpText('after', `\nExample:\n  ${example}`)
  // Options may stand before the sub-command too, where the help of the command shows them.
  return command.action(() => {
    const options = command.optsWithGlobals<Options>()
    return withBuyer(options, (client, run) => work(client, run, options))
  })
}

/** Logs in for one piece of work. `run`: eight letters and digits for its ids. */
async function withBuyer(
  options: QueryOptions,
  work: (client: BuyerClient, run: string) => Promise<void>,
): Promise<void> {
  const run = randomBytes(4).toString('hex')
  const login = { ...(await findBuyer(options)), suffix: `query-${run}` }
  const client = await openBuyer(login, { note })
  try {
    await work(client, run)
  } finally {
    client.close()
  }
}

function pageArgument(text: string): number {
  const rows = wholeArgument(text)
  if (rows >= 1 && rows <= 500) return rows
  throw new InvalidArgumentError('Expected 1 to 500 rows.')
}

function formatArgument(text: string): 'csv' | 'ndjson' {
  if (text === 'csv' || text === 'ndjson') return text
  throw new InvalidArgumentError('Expected csv or ndjson.')
}
