import { Command, InvalidArgumentError, Option } from 'commander'

/** Parts of the benchmark. */
const ingestParts = ['gateway', 'limit', 'broker', 'script', 'start'] as const
export const parts = [...ingestParts, 'market', 'dashboard'] as const
export type Part = (typeof parts)[number]

/** Whether anything of the ingest's tables is to be measured. */
export function hasIngest({ only }: Pick<Options, 'only'>): boolean {
  return ingestParts.some((part) => only.includes(part))
}

/** Who sends, listens and asks in the market's part; the dashboard's has as many devices. */
export interface MarketOptions {
  devices: number
  buyers: number
  /** A second, of all buyers together. */
  queries: number
}

export interface Options {
  rounds: number
  /** Messages of one run. */
  messages: number
  connections: number[]
  records: number[]
  only: Part[]
  market: MarketOptions
  profile?: string
}

type Parsed = Omit<Options, 'market'> & MarketOptions & { quick?: boolean }

export function parseOptions(argv: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description('measures a gateway process end to end, beside three references')
    .option('--rounds <n>', 'rounds; medians are shown', positive, 3)
    .option('--messages <n>', 'messages of one run', positive, 60_000)
    .option('--connections <list>', 'connections, such as 1,100', positives, [1, 100, 1_000])
    .option('--records <list>', 'values in a message, such as 1,10', positives, [1, 10])
    .option('--devices <n>', 'devices beside buyers, and before the dashboard', positive, 1_000)
    .option('--buyers <n>', 'buyers that listen', positive, 1_000)
    .option('--queries <n>', 'queries a second, of all buyers together', positive, 100)
    .option('--quick', 'one short round: shows that everything runs, not how fast')
    .addOption(
      new Option('--only <part...>', 'only these parts').choices(parts).default([...parts]),
    )
    .option('--profile <folder>', 'write CPU profiles of the gateway there, which slows it down')
    .parse(argv, { from: 'user' })
  const { quick, devices, buyers, queries, ...rest } = command.opts<Parsed>()
  const options = { ...rest, market: { devices, buyers, queries } }
  return quick ? { ...options, rounds: 1, messages: 10_000 } : options
}

function positive(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

function positives(text: string): number[] {
  return text.split(',').map(positive)
}
