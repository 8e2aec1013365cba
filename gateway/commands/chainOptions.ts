/** Options of commands that speak to a chain. */
import { readFile } from 'node:fs/promises'
import type { Account } from '../adapters/chain/node.js'
import type { Rpc } from '../adapters/chain/rpc.js'
import { parseAddress } from '../core/device/address.js'
import { Failure, messageOf } from '../core/failure.js'
import { type CommonOptions, configOf } from './options.js'

export interface ChainOptions extends CommonOptions {
  url?: string
  distributor?: string
}

export interface ChainTarget {
  url: string | undefined
  distributor: string | undefined
  /** Only where the configuration says so. */
  chainId: number | undefined
}

/** What flags say, else the configuration; nothing is assumed. */
export async function chainTarget(options: ChainOptions): Promise<ChainTarget> {
  const { chain } = await configOf(options)
  const configured = chain.distributor === undefined ? undefined : parseAddress(chain.distributor)
  return {
    url: options.url ?? chain.url,
    distributor: options.distributor ?? configured,
    chainId: options.url === undefined ? chain.id : undefined,
  }
}

/** A node that answers, and the contract on it. Rejects with Failure('usage') where one is not named. */
export async function openChain(options: ChainOptions): Promise<{ rpc: Rpc; distributor: string }> {
  const { url, distributor, chainId } = await chainTarget(options)
  if (distributor === undefined)
    throw new Failure('usage', 'name the contract with --distributor, or set chain.distributor')
  const rpc = await openNode(url)
  const { requireChain, requireContract } = await import('../adapters/chain/node.js')
  if (chainId !== undefined) await requireChain(rpc, chainId)
  await requireContract(rpc, distributor)
  return { rpc, distributor }
}

/** Rejects with Failure('usage') where no node is named: none is a default. */
export async function openNode(url: string | undefined): Promise<Rpc> {
  if (url === undefined || !/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Failure('usage', 'name a node with --url http://..., or set chain.url')
  const { createRpc } = await import('../adapters/chain/rpc.js')
  return createRpc(url)
}

/** The account of a key file: 64 hex digits, with or without 0x. */
export async function readAccount(file: string | undefined): Promise<Account> {
  if (file === undefined)
    throw new Failure('usage', 'name the secret key that pays the gas with --key-file')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Failure('usage', `cannot read the key file: ${messageOf(error)}`)
  })
  const { accountOf } = await import('../adapters/chain/node.js')
  const account = accountOf(text)
  if (account !== undefined) return account
  throw new Failure('usage', `${file} holds no secret key of an account: 64 hexadecimal digits`)
}
