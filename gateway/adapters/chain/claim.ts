/** A claim of what an account has earned, as its sender sees it. */
import { signTyped } from 'micro-eth-signer'
import { fromHex } from '../../core/bytes.js'
import { assert } from '../../core/failure.js'
import { redirectSecMax } from '../../core/limits.js'
import type { ClaimablePayout } from '../../core/rewards/claimFile.js'
import { readRoot } from './distributor.js'
import {
  type Account,
  addressOf,
  ask,
  type Call,
  chainIdOf,
  distributorCalls,
  quantityOf,
  wordOf,
} from './node.js'
import type { Rpc } from './rpc.js'

/** Where the root of a claim is, and what was paid of it. */
export interface ClaimState {
  /** `undefined` where the root was never submitted. */
  readonly root:
    | { index: number; rejected: boolean; isActive: boolean; waitSec: number }
    | undefined
  /** Base units that the account got so far. */
  readonly claimed: bigint
  /** Where the account's claims are paid; EIP-55. */
  readonly to: string
}

/** The call that anybody may send. `root`: `0x` and hex. */
export function claimCall(distributor: string, root: string, payout: ClaimablePayout): Call {
  const data = distributorCalls.claim.encodeInput({
    root: wordOf(root),
    account: payout.account,
    cumulative: payout.cumulative,
    proof: payout.proof.map(wordOf),
  })
  return { to: distributor, data }
}

export async function readClaimState(
  rpc: Rpc,
  distributor: string,
  root: string,
  account: string,
): Promise<ClaimState> {
  const { indexOf, claimed, redirects } = distributorCalls
  const [place, paid, to] = await Promise.all([
    ask(rpc, distributor, indexOf.encodeInput(wordOf(root)), indexOf.decodeOutput),
    ask(rpc, distributor, claimed.encodeInput(account), claimed.decodeOutput),
    ask(rpc, distributor, redirects.encodeInput(account), redirects.decodeOutput).then(addressOf),
  ])
  return {
    root: place === 0n ? undefined : await rootState(rpc, distributor, Number(place) - 1),
    claimed: paid,
    to: /^0x0+$/.test(to) ? account : to,
  }
}

async function rootState(rpc: Rpc, distributor: string, index: number) {
  const { isActive, clock } = distributorCalls
  const [active, now, { activeAt, rejected }] = await Promise.all([
    ask(rpc, distributor, isActive.encodeInput(BigInt(index)), isActive.decodeOutput),
    ask(rpc, distributor, clock.encodeInput(), clock.decodeOutput),
    readRoot(rpc, distributor, index),
  ])
  return { index, rejected, isActive: active, waitSec: Math.max(0, activeAt - Number(now)) }
}

/** The call that has an account's claims paid elsewhere, signed by that account. */
export async function redirectCall(
  rpc: Rpc,
  distributor: string,
  account: Account,
  to: string,
): Promise<Call> {
  const { nonces, redirect } = distributorCalls
  const nonce = await ask(
    rpc,
    distributor,
    nonces.encodeInput(account.address),
    nonces.decodeOutput,
  )
  const block = await rpc('eth_getBlockByNumber', 'latest', false)
  const { timestamp } = (block ?? {}) as { timestamp?: unknown }
  const deadline = quantityOf(timestamp) + BigInt(redirectSecMax)
  const typed = {
    domain: {
      name: 'FieldProof',
      version: '1',
      chainId: BigInt(await chainIdOf(rpc)),
      verifyingContract: distributor,
    },
    types: {
      Redirect: [
        { name: 'account', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Redirect',
    message: { account: account.address, to, nonce, deadline },
  } as const
  const signature = fromHex(signTyped(typed, account.key, false).replace(/^0x/, ''))
  assert(signature !== undefined, 'a signature is hex')
  const data = redirect.encodeInput({ account: account.address, to, deadline, signature })
  return { to: distributor, data }
}
