/** A real EVM node on this machine, and the contracts on it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { deployDistributor, deployTestToken, fund } from '../../gateway/adapters/chain/deploy.js'
import {
  type Account,
  accountOf,
  ask,
  quantityOf,
  tokenCalls,
} from '../../gateway/adapters/chain/node.js'
import { createRpc, type Rpc } from '../../gateway/adapters/chain/rpc.js'
import { temporaryFolder, until } from './gateway.js'
import { freePort } from './mosquitto.js'
import { projectRoot } from './root.js'

export interface Anvil {
  readonly url: string
  readonly chainId: number
  readonly rpc: Rpc
  /** Rich ones, with their keys. */
  readonly accounts: readonly (Account & { readonly text: string })[]
  /** Lets the chain's clock run ahead, and makes a block. */
  pass(seconds: number): Promise<void>
  /** Makes blocks. */
  mine(blocks?: number): Promise<void>
  /** From now on transactions wait for `mine`, or no longer do. */
  setAutomine(on: boolean): Promise<void>
  balance(address: string): Promise<bigint>
  /** Ends it, its state kept; `start` begins again with it on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Keys of anvil's own mnemonic, known to everybody. */
const keys = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
  '0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a',
]

/** Starts anvil on a free port. To be stopped at the end: a worker that is killed leaves it running. */
export async function startAnvil(): Promise<Anvil> {
  const port = await freePort()
  const state = join(temporaryFolder('anvil'), 'state.json')
  const url = `http://127.0.0.1:${port}`
  const rpc = createRpc(url)
  let child = await run(port, state, rpc)
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    url,
    chainId: 31337,
    rpc,
    accounts: keys.map((text) => ({ ...accountOf(text)!, text })),
    async pass(seconds) {
      await rpc('evm_increaseTime', seconds)
      await rpc('evm_mine')
    },
    async mine(blocks = 1) {
      await rpc('anvil_mine', `0x${blocks.toString(16)}`)
    },
    async setAutomine(on) {
      await rpc('evm_setAutomine', on)
    },
    balance: async (address) => quantityOf(await rpc('eth_getBalance', address, 'latest')),
    stop: () => end(child),
    async start() {
      await end(child)
      child = await run(port, state, rpc)
    },
  }
}

export interface Deployment {
  token: string
  distributor: string
}

/**
 * A test token and a distributor that holds `funds` of it. accounts[0] deploys, owns and decides,
 * accounts[1] publishes.
 */
export async function deploy(
  { rpc, accounts }: Anvil,
  { delaySec = 3600, bondWei = 10n ** 16n, funds = 10n ** 24n } = {},
): Promise<Deployment> {
  const [owner, publisher] = accounts
  const silent = { progress: () => undefined }
  const token = await deployTestToken(rpc, owner!, 10n ** 27n, silent)
  const terms = { token, arbiter: owner!.address, publisher: publisher!.address }
  const distributor = await deployDistributor(rpc, owner!, { ...terms, delaySec, bondWei }, silent)
  if (funds > 0n) await pay({ rpc, accounts }, token, distributor, funds)
  return { token, distributor }
}

/** Sends base units of a token from accounts[0]. */
export async function pay(
  { rpc, accounts }: Pick<Anvil, 'rpc' | 'accounts'>,
  token: string,
  to: string,
  amount: bigint,
): Promise<void> {
  await fund(rpc, accounts[0]!, { token, distributor: to }, amount, { progress: () => undefined })
}

/** Base units of a token that an address has. */
export function tokenBalance({ rpc }: Anvil, token: string, address: string): Promise<bigint> {
  const { encodeInput, decodeOutput } = tokenCalls.balanceOf
  return ask(rpc, token, encodeInput(address), decodeOutput)
}

function binary(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const path = join(projectRoot(), 'node_modules', name, 'bin/anvil')
  if (existsSync(path)) return path
  throw new Error(
    `the chain's tests run against anvil, which is not installed here:\n  npm install --no-save ${name}`,
  )
}

async function run(port: number, state: string, rpc: Rpc): Promise<ChildProcess> {
  const args = ['--port', String(port), '--state', state, '--silent', '--threads', '1']
  const child = spawn(binary(), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000)
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`anvil ended with ${code}: ${log}`)))
  })
  failed.catch(() => undefined)
  const answers = (): Promise<boolean> =>
    rpc('eth_chainId').then(
      () => true,
      () => false,
    )
  await Promise.race([until('anvil to answer', answers), failed])
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}
