import type { SubmittedRoot } from '../../ports/chain.js'
import { readHead } from './distributor.js'
import { requireChain, requireContract } from './node.js'
import { createRpc } from './rpc.js'

/**
 * The newest standing root that a distributor has seen; `undefined` where it has none. For whoever
 * needs no key. Rejects with a Failure where node, chain or contract are not there.
 */
export async function readNewest(
  url: string,
  chainId: number,
  distributor: string,
): Promise<SubmittedRoot | undefined> {
  const rpc = createRpc(url)
  await requireChain(rpc, chainId)
  await requireContract(rpc, distributor)
  return (await readHead(rpc, distributor)).tip
}
