/** `fieldproof buyers ..`: who buys released rows, and what each has left. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { isBuyerName } from '../core/market/buyer.js'
import { formatInstant } from '../core/time.js'
import type { BuyerView } from '../ports/market.js'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions, wholeArgument } from './options.js'
import { paint, print, printJson, printTable } from './output.js'

interface ReadOptions extends CommonOptions {
  json?: boolean
}

interface AddOptions extends ReadOptions {
  credits: number
  metrics: string[]
  cells?: string[]
  wallet?: string
}

export function buyersCommand(): Command {
  const command = new Command('buyers').addHelpText(
    'after',
    `
Examples:
  fieldproof buyers add acme --credits 1000 --metrics all
  fieldproof buyers list`,
  )
  command.addCommand(addCommand())
  command.addCommand(listCommand())
  command.addCommand(creditCommand())
  command.addCommand(removeCommand())
  return command
}

function addCommand(): Command {
  const command = new Command('add')
    .description('add a buyer; its token is shown this once')
    .addArgument(nameArgument())
    .option('--credits <n>', 'credits that it begins with', wholeArgument, 0)
    .requiredOption('--metrics <list>', 'all, or names of metrics: pm25,temperature', listArgument)
    .option('--cells <list>', 'only inside these H3 cells', listArgument)
    .option('--wallet <address>', 'account that may log in with its signature too')
    .option('--json', 'print the buyer and its token as JSON')
    .addHelpText(
      'after',
      `
Examples:
  fieldproof buyers add acme --credits 1000 --metrics all
  fieldproof buyers add city --metrics pm25,pm10 --cells 85195da7fffffff --json`,
    )
  return addCommonOptions(command).action(async (name: string, options: AddOptions) => {
    const gateway = await connectGateway(options)
    const { credits, metrics, cells, wallet } = options
    const body = { name, credits, metrics, ...(cells && { cells }), ...(wallet && { wallet }) }
    const added = await gateway.post<BuyerView & { token: string }>('/api/buyers', body)
    if (options.json) return printJson(added)
    print(`${paint('green', 'ok')}  ${name} has ${added.balance} credits`)
    print(`token  ${added.token}`)
    print('Nobody can show this token again: keep it now.')
  })
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list buyers with what they have left')
    .option('--json', 'print the buyers as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof buyers list --json')
  return addCommonOptions(command).action(async (options: ReadOptions) => {
    const gateway = await connectGateway(options)
    const buyers = await gateway.get<BuyerView[]>('/api/buyers')
    if (options.json) printJson(buyers)
    else if (buyers.length === 0) print('no buyers yet')
    else printTable(['buyer', 'balance', 'paid in', 'metrics', 'cells', 'since'], buyers.map(row))
  })
}

function row({ name, balance, credited, metrics, cells, addedAtMs }: BuyerView): string[] {
  const since = formatInstant(Math.floor(addedAtMs / 1_000))
  const where = cells === undefined ? 'all' : cells.join(', ')
  return [name, String(balance), String(credited), metrics.join(', '), where, since]
}

function creditCommand(): Command {
  const command = new Command('credit')
    .description('give a buyer more credits')
    .addArgument(nameArgument())
    .argument('<credits>', 'how many', wholeArgument)
    .option('--json', 'print the buyer as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof buyers credit acme 500')
  return addCommonOptions(command).action(
    async (name: string, credits: number, options: ReadOptions) => {
      const gateway = await connectGateway(options)
      const buyer = await gateway.post<BuyerView>(`/api/buyers/${name}/credit`, { credits })
      if (options.json) printJson(buyer)
      else print(`${paint('green', 'ok')}  ${name} has ${buyer.balance} credits`)
    },
  )
}

function removeCommand(): Command {
  const command = new Command('remove')
    .description('end a buyer’s access; the credits it has left are void')
    .addArgument(nameArgument())
    .option('--json', 'print what the buyer was as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof buyers remove acme')
  return addCommonOptions(command).action(async (name: string, options: ReadOptions) => {
    const gateway = await connectGateway(options)
    const buyer = await gateway.post<BuyerView>(`/api/buyers/${name}/remove`, {})
    if (options.json) printJson(buyer)
    else print(`${paint('green', 'ok')}  ${name} is removed; ${buyer.balance} credits are void`)
  })
}

function nameArgument(): Argument {
  return new Argument('<name>', '1 to 32 of a-z, 0-9 and -').argParser((text: string) => {
    if (isBuyerName(text)) return text
    throw new InvalidArgumentError(
      'Expected 1 to 32 of a-z, 0-9 and -, not of the form of a device id.',
    )
  })
}

function listArgument(text: string): string[] {
  return text.split(',').map((one) => one.trim())
}
