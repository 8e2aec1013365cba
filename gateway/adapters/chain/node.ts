/** What both the publisher and a claim ask of a node and a contract, with types. */
import { addr, Transaction } from 'micro-eth-signer'
import { createContract } from 'micro-eth-signer/abi.js'
import { fromHex, toHex } from '../../core/bytes.js'
import { formatAddress, parseAddress } from '../../core/device/address.js'
import { Failure } from '../../core/failure.js'
import { chainPriorityFeeDefault } from '../../core/limits.js'
import type { Fees, SignedTransaction } from '../../ports/chain.js'
import { distributorAbi, tokenAbi } from './abi.js'
import { type Rpc, RpcError } from './rpc.js'

export const distributorCalls = createContract(distributorAbi)
export const tokenCalls = createContract(tokenAbi)

/** A call that changes something. */
export interface Call {
  /** EIP-55; `undefined` makes a contract. */
  readonly to: string | undefined
  readonly data: Uint8Array
}

/** A secp256k1 key: `0x` and 64 hex digits, or without 0x. */
export interface Account {
  /** EIP-55. */
  readonly address: string
  readonly key: Uint8Array
}

/** The account of a key; `undefined` where the text is none. */
export function accountOf(text: string): Account | undefined {
  const digits = text.trim().replace(/^0x/, '').toLowerCase()
  const key = digits.length === 64 ? fromHex(digits) : undefined
  if (key === undefined || !addr.isValidPrivateKey(key)) return undefined
  return { address: addr.fromPrivateKey(key), key }
}

/** 32 bytes of `0x` and 64 hex digits; anything else is a bug. */
export function wordOf(text: string): Uint8Array {
  const word = text.startsWith('0x') ? fromHex(text.slice(2)) : undefined
  if (word?.length !== 32) throw new Error('assertion failed: a hash is 0x and 64 hex digits')
  return word
}

export function hexOf(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`
}

/** Calls a contract without changing anything. Rejects with Failure('config') where it is another. */
export async function ask<T>(
  rpc: Rpc,
  contract: string,
  data: Uint8Array,
  decode: (output: Uint8Array) => T,
): Promise<T> {
  const output = bytesOf(await rpc('eth_call', { to: contract, data: hexOf(data) }, 'latest'))
  try {
    return decode(output)
  } catch {
    throw new Failure('config', `the contract at ${contract} does not answer as expected of it`)
  }
}

/** Rejects with Failure('config') where the node's chain is another one than the configured. */
export async function requireChain(rpc: Rpc, chainId: number): Promise<void> {
  const found = await chainIdOf(rpc)
  if (found !== chainId)
    throw new Failure(
      'config',
      `the node is of chain ${found}, but the configuration says ${chainId}: correct chain.url or chain.id`,
    )
}

export async function chainIdOf(rpc: Rpc): Promise<number> {
  return Number(quantityOf(await rpc('eth_chainId')))
}

/** Rejects with Failure('config') where there is no contract at the address. */
export async function requireContract(rpc: Rpc, address: string): Promise<void> {
  if (bytesOf(await rpc('eth_getCode', address, 'latest')).length === 0)
    throw new Failure('config', `there is no contract at ${address} on this chain`)
}

/** Next nonce of an account, its waiting transactions left out. */
export async function nonceOf(rpc: Rpc, address: string): Promise<number> {
  return Number(quantityOf(await rpc('eth_getTransactionCount', address, 'latest')))
}

/** Twice the base fee lets six full blocks pass before a transaction is too cheap (EIP-1559). */
export async function currentFees(rpc: Rpc): Promise<Fees> {
  const block = await rpc('eth_getBlockByNumber', 'latest', false)
  const base =
    typeof block === 'object' && block !== null && 'baseFeePerGas' in block
      ? quantityOf(block.baseFeePerGas)
      : quantityOf(await rpc('eth_gasPrice'))
  const priorityFee = await rpc('eth_maxPriorityFeePerGas').then(quantityOf, (error: unknown) => {
    if (error instanceof RpcError) return chainPriorityFeeDefault
    throw error
  })
  return { feePerGas: 2n * base + priorityFee, priorityFee }
}

/** A fifth more than the node says: the state may be another one when it is mined. */
export async function estimateGas(rpc: Rpc, from: string, { to, data }: Call): Promise<bigint> {
  const call = { from, ...(to === undefined ? {} : { to }), data: hexOf(data) }
  const gas = quantityOf(await rpc('eth_estimateGas', call))
  return gas + gas / 5n
}

/** RFC 6979: the same arguments give the same bytes. */
export function signCall(
  account: Account,
  chainId: number,
  nonce: number,
  gas: bigint,
  fees: Fees,
  { to, data }: Call,
): SignedTransaction {
  const transaction = Transaction.prepare(
    {
      type: 'eip1559',
      chainId: BigInt(chainId),
      nonce: BigInt(nonce),
      to: to ?? '0x',
      value: 0n,
      data: hexOf(data),
      gasLimit: gas,
      maxFeePerGas: fees.feePerGas,
      maxPriorityFeePerGas: fees.priorityFee,
    },
    false,
  ).signBy(account.key, false)
  return { ...fees, hash: `0x${transaction.hash.replace(/^0x/, '')}`, raw: transaction.toHex() }
}

export interface Receipt {
  succeeded: boolean
  block: bigint
  /** Of a transaction that makes one; EIP-55. */
  contract: string | undefined
  gasUsed: bigint
}

/** `undefined` while a transaction is not in a block. */
export async function receiptOf(rpc: Rpc, hash: string): Promise<Receipt | undefined> {
  const receipt = await rpc('eth_getTransactionReceipt', hash)
  if (typeof receipt !== 'object' || receipt === null) return undefined
  const { status, blockNumber, gasUsed, contractAddress } = receipt as Record<string, unknown>
  return {
    succeeded: quantityOf(status) === 1n,
    block: quantityOf(blockNumber),
    gasUsed: quantityOf(gasUsed),
    contract: typeof contractAddress === 'string' ? parseAddress(contractAddress) : undefined,
  }
}

/** A number as JSON-RPC writes it. */
export function quantityOf(value: unknown): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(value)) throw unreadable()
  return BigInt(value)
}

function bytesOf(value: unknown): Uint8Array {
  const bytes =
    typeof value === 'string' && value.startsWith('0x')
      ? fromHex(value.slice(2).toLowerCase())
      : undefined
  if (bytes === undefined) throw unreadable()
  return bytes
}

/** An address that a contract returned, as EIP-55 writes it. */
export function addressOf(text: string): string {
  const bytes = fromHex(text.slice(2).toLowerCase())
  if (bytes?.length !== 20) throw unreadable()
  return formatAddress(bytes)
}

function unreadable(): Failure {
  return new Failure('unavailable', "the chain's node answers with something else than asked for")
}
