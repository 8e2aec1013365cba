/** Sends one transaction for a person who waits for it. */
import { Failure } from '../../core/failure.js'
import { chainPollMs, chainReceiptMsMax } from '../../core/limits.js'
import {
  type Account,
  type Call,
  chainIdOf,
  currentFees,
  estimateGas,
  nonceOf,
  type Receipt,
  receiptOf,
  signCall,
} from './node.js'
import { refusalOf } from './refusal.js'
import { type Rpc, RpcError } from './rpc.js'

export interface Waiting {
  /** Called when a transaction is on its way, and at each look while it waits. */
  progress(text: string): void
}

/**
 * Signs a call, sends it and waits until it is in a block. Rejects with Failure('check') where the
 * contract refuses, and with Failure('unavailable') where the node does, or it takes too long.
 */
export async function transact(
  rpc: Rpc,
  account: Account,
  call: Call,
  { progress }: Waiting,
): Promise<Receipt> {
  try {
    const gas = await estimateGas(rpc, account.address, call)
    const nonce = await nonceOf(rpc, account.address)
    const fees = await currentFees(rpc)
    const { raw, hash } = signCall(account, await chainIdOf(rpc), nonce, gas, fees, call)
    await rpc('eth_sendRawTransaction', raw)
    progress(`sent ${hash}`)
    const receipt = await untilMined(rpc, hash, progress)
    if (!receipt.succeeded)
      throw new Failure('check', `the contract refused transaction ${hash}: try again to see why`)
    return receipt
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal !== undefined) throw new Failure('check', refusal)
    if (error instanceof RpcError)
      throw new Failure('unavailable', `the chain's node refuses: ${error.message}`)
    throw error
  }
}

async function untilMined(rpc: Rpc, hash: string, progress: Waiting['progress']): Promise<Receipt> {
  const endMs = performance.now() + chainReceiptMsMax
  // A test chain has it at once, a real one in some seconds.
  for (let waitMs = chainPollMs / 64; ; waitMs = Math.min(2 * waitMs, chainPollMs)) {
    const receipt = await receiptOf(rpc, hash)
    if (receipt !== undefined) return receipt
    if (performance.now() > endMs)
      throw new Failure(
        'unavailable',
        `transaction ${hash} is not in a block yet; it may still come: look before you send another`,
      )
    if (waitMs === chainPollMs) progress('waiting for a block')
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
