/** A distributor at a glance. */
import type { SubmittedRoot } from '../../ports/chain.js'
import { readRoot } from './distributor.js'
import { addressOf, ask, distributorCalls, tokenCalls } from './node.js'
import type { Rpc } from './rpc.js'

export interface DistributorSummary {
  /** EIP-55, as is `publisher`. */
  readonly token: string
  readonly publisher: string
  /** Base units that it holds, and that were paid; decimal text. */
  readonly balance: string
  readonly claimed: string
  /** Index of the root that is disputed. */
  readonly disputed: number | undefined
  /** The newest, newest first. */
  readonly roots: readonly (SubmittedRoot & { state: 'active' | 'waiting' | 'rejected' })[]
}

/** `most`: how many roots. */
export async function readSummary(
  rpc: Rpc,
  distributor: string,
  most: number,
): Promise<DistributorSummary> {
  const calls = distributorCalls
  const read = <T>(call: { encodeInput(): Uint8Array; decodeOutput(output: Uint8Array): T }) =>
    ask(rpc, distributor, call.encodeInput(), call.decodeOutput)
  const token = addressOf(await read(calls.token))
  const [publisher, claimed, disputed, count, clock, balance] = await Promise.all([
    read(calls.publisher),
    read(calls.totalClaimed),
    read(calls.disputed),
    read(calls.rootCount),
    read(calls.clock),
    ask(
      rpc,
      token,
      tokenCalls.balanceOf.encodeInput(distributor),
      tokenCalls.balanceOf.decodeOutput,
    ),
  ])
  const newest = Number(count) - 1
  const indices = Array.from({ length: Math.min(most, newest + 1) }, (_, i) => newest - i)
  const roots = await Promise.all(indices.map((index) => readRoot(rpc, distributor, index)))
  return {
    token,
    publisher: addressOf(publisher),
    balance: String(balance),
    claimed: String(claimed),
    disputed: disputed === 0n ? undefined : Number(disputed) - 1,
    roots: roots.map(({ activeAt, ...root }) => ({
      ...root,
      state: root.rejected ? 'rejected' : activeAt <= Number(clock) ? 'active' : 'waiting',
    })),
  }
}
