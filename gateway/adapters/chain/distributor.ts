/** The rewards distributor on an Ethereum chain, as its publisher sees it. */
import { Failure } from '../../core/failure.js'
import type { Distributor, Submission, SubmittedRoot } from '../../ports/chain.js'
import {
  type Account,
  addressOf,
  ask,
  currentFees,
  distributorCalls,
  estimateGas,
  hexOf,
  nonceOf,
  quantityOf,
  receiptOf,
  requireChain,
  requireContract,
  signCall,
  wordOf,
} from './node.js'
import { refusalOf } from './refusal.js'
import { createRpc, type Rpc, RpcError } from './rpc.js'

export interface DistributorParts {
  /** JSON-RPC address of the node. */
  url: string
  chainId: number
  /** The contract, and the token that it must pay; EIP-55. */
  distributor: string
  token: string
  /** The publisher's. */
  account: Account
}

export function openDistributor(parts: DistributorParts): Distributor {
  const rpc = naming(createRpc(parts.url))
  const { account, chainId, distributor } = parts
  const submission = (one: Submission) => ({
    to: distributor,
    data: distributorCalls.submit.encodeInput({
      index: BigInt(one.index),
      root: wordOf(one.root),
      epoch: BigInt(one.epoch),
      record: wordOf(one.record),
      total: one.total,
    }),
  })
  return {
    async view() {
      await requireOurs(rpc, parts)
      // Before the receipts are asked for: a nonce that is used up then has a receipt.
      const nonce = await nonceOf(rpc, account.address)
      return { ...(await readHead(rpc, distributor)), nonce }
    },
    root: (index) => readRoot(rpc, distributor, index),
    async estimate(one) {
      try {
        return { gas: await estimateGas(rpc, account.address, submission(one)) }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal === undefined) throw error
        return { refusal }
      }
    },
    fees: () => currentFees(rpc),
    sign: (one, nonce, gas, fees) => signCall(account, chainId, nonce, gas, fees, submission(one)),
    async send({ raw, hash }) {
      try {
        await rpc('eth_sendRawTransaction', raw)
        return undefined
      } catch (error) {
        if (!(error instanceof Failure) || !(error.cause instanceof RpcError)) throw error
        // Nodes have many words for "I have it already"; whether they have it says it best.
        const known = await rpc('eth_getTransactionByHash', hash)
        return known === null ? error.cause.message : undefined
      }
    },
    async receipt(hash) {
      const found = await receiptOf(rpc, hash)
      if (found === undefined) return undefined
      const newest = quantityOf(await rpc('eth_blockNumber'))
      return {
        succeeded: found.succeeded,
        // A node behind a balancer may be older than the one that knew the receipt.
        confirmations: Math.max(0, Number(newest - found.block) + 1),
      }
    },
  }
}

/** How many roots there are, and the newest that stands. */
export async function readHead(
  rpc: Rpc,
  distributor: string,
): Promise<{ roots: number; tip: SubmittedRoot | undefined }> {
  const { rootCount, tip } = distributorCalls
  const [roots, newest] = await Promise.all([
    ask(rpc, distributor, rootCount.encodeInput(), rootCount.decodeOutput),
    ask(rpc, distributor, tip.encodeInput(), tip.decodeOutput),
  ])
  return {
    roots: Number(roots),
    tip: newest === 0n ? undefined : await readRoot(rpc, distributor, Number(newest) - 1),
  }
}

export async function readRoot(
  rpc: Rpc,
  distributor: string,
  index: number,
): Promise<SubmittedRoot & { activeAt: number }> {
  const { roots } = distributorCalls
  const found = await ask(rpc, distributor, roots.encodeInput(BigInt(index)), roots.decodeOutput)
  return {
    index,
    root: hexOf(found.root),
    record: hexOf(found.record),
    total: found.total,
    epoch: Number(found.epoch),
    rejected: found.rejected,
    previous: found.previous === 0n ? undefined : Number(found.previous) - 1,
    activeAt: Number(found.activeAt),
  }
}

/** Asked each time: an address may lead to another node tomorrow, and the owner may name another publisher. */
async function requireOurs(rpc: Rpc, parts: DistributorParts): Promise<void> {
  const { chainId, distributor, account } = parts
  await requireChain(rpc, chainId)
  await requireContract(rpc, distributor)
  const { token, publisher } = distributorCalls
  const [paid, named] = await Promise.all([
    ask(rpc, distributor, token.encodeInput(), token.decodeOutput).then(addressOf),
    ask(rpc, distributor, publisher.encodeInput(), publisher.decodeOutput).then(addressOf),
  ])
  if (paid !== parts.token)
    throw new Failure(
      'config',
      `the distributor ${distributor} pays the token ${paid}, but rewards.token is ${parts.token}`,
    )
  if (named !== account.address)
    throw new Failure(
      'config',
      `the distributor takes roots from ${named}, but chain.key is that of ${account.address}`,
    )
}

/** What the node refuses is, to whoever waits for it, a node that does not work now. */
function naming(rpc: Rpc): Rpc {
  return async (method, ...params) => {
    try {
      return await rpc(method, ...params)
    } catch (error) {
      if (!(error instanceof RpcError) || method === 'eth_estimateGas') throw error
      throw new Failure('unavailable', `the chain's node refuses ${method}: ${error.message}`, {
        cause: error,
      })
    }
  }
}
