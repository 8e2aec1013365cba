import { Command } from 'commander'
import type { Call } from '../adapters/chain/node.js'
import { toHex } from '../core/bytes.js'
import { Failure } from '../core/failure.js'
import { type ClaimablePayout, findPayout, parseRewards } from '../core/rewards/claimFile.js'
import { type ChainOptions, chainTarget, openChain, readAccount } from './chainOptions.js'
import { claimJson, rootText, showClaim } from './claimOutput.js'
import { type ClaimSource, readRewardsText } from './claimSource.js'
import { addCommonOptions, addressArgument, wholeArgument } from './options.js'
import { note, print, printJson } from './output.js'

interface ClaimOptions extends ClaimSource, ChainOptions {
  token?: string
  send?: boolean
  keyFile?: string
  redirect?: string
  json?: boolean
}

/** `fieldproof claim`: from a published rewards.json to tokens on the account. */
export function claimCommand(): Command {
  const command = new Command('claim')
    .argument('<account>', 'the account that earned', addressArgument)
    .option('--from <file or address>', 'rewards.json, or a gateway (default: the one here)')
    .option('--epoch <n>', 'of a gateway: this epoch (default: the newest)', wholeArgument)
    .option('--token <address>', 'where the account earned in several tokens', addressArgument)
    .option('--distributor <address>', 'the contract (default: chain.distributor)', addressArgument)
    .option('--url <address>', 'JSON-RPC address of a node (default: chain.url)')
    .option('--send', 'send the claim and wait until it is in a block')
    .option('--key-file <file>', 'secret key of whoever pays the gas; any account')
    .option('--redirect <address>', 'have claims paid there; needs the key of the account itself')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
The proof is checked here first. Anybody may send a claim; the account gets the tokens. Amounts are
cumulative: only what was not paid yet is paid. Exit code 0 also where nothing is left to claim.

Examples:
  fieldproof claim 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --from rewards.json
  fieldproof claim 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --from https://gateway.example \\
    --distributor 0x5FbDB2315678afecb367f032d93F642f64180aa3 \\
    --url http://127.0.0.1:8545 --key-file payer.key --send`,
    )
  return addCommonOptions(command).action(run)
}

async function run(account: string, options: ClaimOptions): Promise<void> {
  if (options.redirect !== undefined && !options.send)
    throw new Failure('usage', '--redirect is sent together with a claim: add --send')
  const { text, where } = await readRewardsText(options)
  const { root, payout } = claimIn(text, where, account, options.token)
  const target = await chainTarget(options)
  if (options.send) return send(root, payout, options)
  const { distributor, url } = target
  const calldata = await calldataOf(root, payout)
  const isKnown = distributor !== undefined && url !== undefined
  const state = isKnown ? await stateOf(root, payout, options) : undefined
  const shown = { root, payout, contract: distributor, calldata, state }
  if (options.json) printJson(claimJson(shown))
  else showClaim(shown)
}

/** Rejects with Failure('check') where the file is none, was changed, or has nothing for the account. */
function claimIn(text: string, where: string, account: string, token: string | undefined) {
  const file = parseRewards(text)
  if (!file.ok) throw new Failure('check', `${where} is no rewards.json: ${file.detail}`)
  const found = findPayout(file.value, account, token)
  if (!found.ok) throw new Failure('check', `${where}: ${found.detail}`)
  if (found.value === undefined)
    throw new Failure(
      'check',
      `${where} has no rewards of ${account}${token ? ` in ${token}` : ''}`,
    )
  return { root: file.value.root, payout: found.value }
}

async function calldataOf(root: string, payout: ClaimablePayout): Promise<string> {
  const { claimCall } = await import('../adapters/chain/claim.js')
  // The contract's address is not part of it.
  return `0x${toHex(claimCall(payout.token, root, payout).data)}`
}

async function stateOf(root: string, payout: ClaimablePayout, options: ClaimOptions) {
  const { rpc, distributor } = await openChain(options)
  const { readClaimState } = await import('../adapters/chain/claim.js')
  return readClaimState(rpc, distributor, root, payout.account)
}

async function send(root: string, payout: ClaimablePayout, options: ClaimOptions): Promise<void> {
  const { rpc, distributor } = await openChain(options)
  const sender = await readAccount(options.keyFile)
  const { claimCall, readClaimState, redirectCall } = await import('../adapters/chain/claim.js')
  const { transact } = await import('../adapters/chain/transact.js')
  const act = (call: Call) => transact(rpc, sender, call, { progress: note })
  const state = await readClaimState(rpc, distributor, root, payout.account)
  note(rootText(state))
  const left = payout.cumulative - state.claimed
  let to = state.to
  if (options.redirect !== undefined && options.redirect !== to) {
    if (sender.address !== payout.account)
      throw new Failure('usage', `--redirect needs the key of ${payout.account} in --key-file`)
    to = options.redirect
    await act(await redirectCall(rpc, distributor, sender, to))
    note(`claims of ${payout.account} are paid to ${to} from now on`)
  }
  if (left > 0n) {
    if (!state.root?.isActive) throw new Failure('check', rootText(state))
    await act(claimCall(distributor, root, payout))
  }
  const paid = left > 0n ? left : 0n
  if (options.json) printJson({ account: payout.account, paid: String(paid), paidTo: to })
  else if (paid === 0n) print(`nothing is left to claim: ${state.claimed} base units were paid`)
  else print(`${paid} base units are paid to ${to}`)
}
