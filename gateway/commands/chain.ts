import { Command, InvalidArgumentError, Option } from 'commander'
import { Failure } from '../core/failure.js'
import { chainRootsShownMax } from '../core/limits.js'
import { parseAmount } from '../core/log/amount.js'
import { parseDuration } from '../core/time.js'
import { type ChainOptions, openChain, openNode, readAccount } from './chainOptions.js'
import { addCommonOptions, addressArgument } from './options.js'
import { note, print, printJson, printPairs, printTable } from './output.js'

/** `fieldproof chain ..`: the distributor that pays owners (schemas/chain.md). */
export function chainCommand(): Command {
  const command = new Command('chain').addHelpText(
    'after',
    '\nExample:\n  fieldproof chain show --config fieldproof.yaml',
  )
  command.addCommand(deployCommand())
  command.addCommand(showCommand())
  return command
}

interface DeployOptions {
  url: string
  keyFile: string
  token?: string
  testToken?: bigint
  arbiter?: string
  publisher?: string
  delay: number
  bond: bigint
  fund?: bigint
  json?: boolean
}

function deployCommand(): Command {
  return new Command('deploy')
    .description('put a distributor on a chain; takes a checkout with its development packages')
    .requiredOption('--url <address>', 'JSON-RPC address of a node')
    .requiredOption('--key-file <file>', 'secret key of the account that pays for it')
    .option('--token <address>', 'the token that it pays', addressArgument)
    .option(
      '--test-token <units>',
      'make a token without value, with so many units',
      amountArgument,
    )
    .option(
      '--arbiter <address>',
      'who decides disputes (default: the paying account)',
      addressArgument,
    )
    .option(
      '--publisher <address>',
      'who submits roots (default: the paying account)',
      addressArgument,
    )
    .option('--delay <duration>', 'time to dispute a root, such as P1D', durationArgument, 86_400)
    .addOption(
      // The help writes defaults as JSON, which has no bigint: it is told what to write.
      new Option('--bond <wei>', 'deposit of whoever disputes')
        .argParser(amountArgument)
        .default(10n ** 16n, '10000000000000000'),
    )
    .option('--fund <units>', 'send it so much of the paying account’s tokens', amountArgument)
    .option('--json', 'print the addresses as JSON')
    .addHelpText(
      'after',
      `
On a test node of your own:

Example:
  fieldproof chain deploy --url http://127.0.0.1:8545 --key-file owner.key --test-token 1000000000`,
    )
    .action(deploy)
}

async function deploy(options: DeployOptions): Promise<void> {
  if ((options.token === undefined) === (options.testToken === undefined))
    throw new Failure('usage', 'say what it pays: either --token or --test-token')
  const rpc = await openNode(options.url)
  const account = await readAccount(options.keyFile)
  const { deployDistributor, deployTestToken, fund } = await import('../adapters/chain/deploy.js')
  const waiting = { progress: note }
  const token =
    options.token ?? (await deployTestToken(rpc, account, options.testToken ?? 0n, waiting))
  const terms = {
    token,
    arbiter: options.arbiter ?? account.address,
    publisher: options.publisher ?? account.address,
    delaySec: options.delay,
    bondWei: options.bond,
  }
  const distributor = await deployDistributor(rpc, account, terms, waiting)
  if (options.fund) await fund(rpc, account, { token, distributor }, options.fund, waiting)
  if (options.json) return printJson({ token, distributor })
  printPairs([
    ['token', token],
    ['distributor', distributor],
  ])
  print('\nA root is taken only while the distributor holds all that can be claimed.')
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show the newest roots of a distributor')
    .option('--distributor <address>', 'the contract (default: chain.distributor)', addressArgument)
    .option('--url <address>', 'JSON-RPC address of a node (default: chain.url)')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof chain show --config fieldproof.yaml')
  return addCommonOptions(command).action(show)
}

async function show(options: ChainOptions & { json?: boolean }): Promise<void> {
  const { rpc, distributor } = await openChain(options)
  const { readSummary } = await import('../adapters/chain/summary.js')
  const summary = await readSummary(rpc, distributor, chainRootsShownMax)
  const { token, publisher, roots, disputed, balance, claimed } = summary
  if (options.json) return printJson({ distributor, ...summary, roots: roots.map(rootJson) })
  printPairs([
    ['distributor', distributor],
    ['token', token],
    ['publisher', publisher],
    ['holds', `${balance} base units; ${claimed} were claimed`],
    ['dispute', disputed === undefined ? 'none is open' : `root ${disputed} is disputed`],
  ])
  if (roots.length === 0) return print('\nno root was submitted yet')
  print('')
  printTable(
    ['root', 'epoch', 'total', 'state', 'hash'],
    roots.map(({ index, epoch, total, state, root }) =>
      [index, epoch, total, state, root].map(String),
    ),
  )
}

function rootJson({ total, ...root }: { total: bigint }): object {
  return { ...root, total: String(total) }
}

function amountArgument(text: string): bigint {
  const amount = parseAmount(text)
  if (amount === undefined) throw new InvalidArgumentError('Expected a whole number of units.')
  return amount
}

function durationArgument(text: string): number {
  const seconds = parseDuration(text)
  if (seconds === undefined)
    throw new InvalidArgumentError('Expected an ISO 8601 duration such as PT1H or P1D.')
  return seconds
}
