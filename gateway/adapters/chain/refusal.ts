/** Why the contract refuses, in words that say what to do. */
import { decodeError } from 'micro-eth-signer/abi.js'
import { distributorErrors } from './abi.js'
import { RpcError } from './rpc.js'

/**
 * The refusal behind an error of the node; `undefined` where it is another error: only a contract's
 * refusal has something to do with the call.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof RpcError)) return undefined
  const decoded =
    error.revert === undefined ? undefined : decodeError(error.revert, distributorErrors)
  if (decoded === undefined)
    return /revert/i.test(error.message) ? `the contract refuses: ${error.message}` : undefined
  const say = sentences[decoded.name]
  if (say === undefined) return `the contract refuses: ${textOf(decoded.name, decoded.args)}`
  return say(argumentsOf(decoded.args))
}

const sentences: Readonly<Record<string, (args: readonly unknown[]) => string>> = {
  Underfunded: ([unclaimed, balance]) =>
    `the distributor holds ${balance} base units, but with this epoch owners may claim ${unclaimed}: ` +
    `send it ${BigInt(String(unclaimed)) - BigInt(String(balance))} more`,
  DisputeOpen: ([index]) =>
    `root ${index} is disputed: nothing can be submitted until the arbiter has decided`,
  NotPublisher: ([sender]) =>
    `the distributor takes no roots from ${sender}: its owner names the publisher`,
  TooManyPending: () => 'too many roots wait for their activation: one must become active first',
  NotActive: ([index]) => `root ${index} is not active: it waits, is disputed or was rejected`,
  NoSuchRoot: () => 'this root was never submitted: the newest epoch may not be published yet',
  NothingToClaim: ([, claimed]) => `nothing is left to claim: ${claimed} base units were paid`,
  NotInTree: () => 'the proof does not lead to the root: amount, account or proof were changed',
  BadSignature: () => 'the account did not sign this redirect, or has used this signature before',
  Expired: () => 'the signature has run out',
}

function argumentsOf(args: unknown): unknown[] {
  if (args === undefined) return []
  return typeof args === 'object' && args !== null ? Object.values(args) : [args]
}

function textOf(name: string, args: unknown): string {
  return `${name}(${argumentsOf(args).join(', ')})`
}
