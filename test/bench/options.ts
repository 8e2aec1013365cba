import { Command, InvalidArgumentError, Option } from 'commander'

/** Parts of the benchmark. */
export const parts = ['gateway', 'limit', 'broker', 'script', 'start'] as const
export type Part = (typeof parts)[number]

export interface Options {
  rounds: number
  /** Messages of one run. */
  messages: number
  connections: number[]
  records: number[]
  only: Part[]
  profile?: string
}

export function parseOptions(argv: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description('measures a gateway process end to end, beside three references')
    .option('--rounds <n>', 'rounds; medians are shown', positive, 3)
    .option('--messages <n>', 'messages of one run', positive, 60_000)
    .option('--connections <list>', 'connections, such as 1,100', positives, [1, 100, 1_000])
    .option('--records <list>', 'values in a message, such as 1,10', positives, [1, 10])
    .option('--quick', 'one short round: shows that everything runs, not how fast')
    .addOption(
      new Option('--only <part...>', 'only these parts').choices(parts).default([...parts]),
    )
    .option('--profile <folder>', 'write CPU profiles of the gateway there, which slows it down')
    .parse(argv, { from: 'user' })
  const { quick, ...options } = command.opts<Options & { quick?: boolean }>()
  return quick ? { ...options, rounds: 1, messages: 10_000 } : options
}

function positive(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

function positives(text: string): number[] {
  return text.split(',').map(positive)
}
