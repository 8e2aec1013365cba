/** The last link: what the owner has earned so far is a leaf of the owners' tree of the epoch. */
import { fromHex, toHex } from '../bytes.js'
import { parseAddress } from '../device/address.js'
import { parseAmount } from '../log/amount.js'
import { hashBytes } from '../log/tree.js'
import { verifyPayout } from '../rewards/payoutTree.js'
import type { ContributionRow } from '../rewards/statement.js'
import { accept, type Result, refuse } from '../verdict.js'
import { recordOf } from './epochLinks.js'
import type { Context } from './link.js'
import type { EpochPart, RewardPart } from './proofFile.js'

/**
 * The account is the row's owner, its amount is under the record's rewardRoot and holds at least what
 * the row pays. Without a leaf the row pays nothing; earlier earnings are then not
 * shown, for a tree proves what it holds and not what it lacks.
 */
export function checkReward({ file }: Context): Result<string> | undefined {
  const { epoch, contribution, reward } = file
  if (epoch === undefined || contribution === undefined) return undefined
  const { row } = contribution
  if (reward !== undefined) return checkLeaf(epoch, row, reward)
  return row.paid === '0'
    ? accept(`the row pays nothing, and the file shows no earlier earnings of ${row.owner}`)
    : refuse('malformed', `reward is missing, and the row pays ${row.paid}`)
}

function checkLeaf(epoch: EpochPart, row: ContributionRow, reward: RewardPart): Result<string> {
  const { account, token } = reward
  if (account !== row.owner)
    return refuse('malformed', `reward.account is ${account}, the row's owner is ${row.owner}`)
  if (parseAddress(token) !== token)
    return refuse('malformed', 'reward.token is not an address with its checksum (EIP-55)')
  const cumulative = parseAmount(reward.cumulative)
  if (cumulative === undefined || cumulative === 0n)
    return refuse('malformed', 'reward.cumulative is not an amount above 0')
  if (cumulative < BigInt(row.paid))
    return refuse('malformed', `reward.cumulative is below the ${row.paid} that the row pays`)
  const record = recordOf(epoch)
  if (!record.ok) return record
  const root = record.value.rewardRoot
  if (reward.root !== `0x${toHex(root)}`)
    return refuse('malformed', "reward.root is not the record's rewardRoot")
  const proof = proofOf(reward.proof)
  if (!proof.ok) return proof
  if (!verifyPayout({ account, token, cumulative }, proof.value, root))
    return refuse('malformed', 'reward.proof does not lead from the account to reward.root')
  return accept(`${account} has earned ${cumulative} base units of ${token} so far`)
}

function proofOf(texts: readonly string[]): Result<Uint8Array[]> {
  const hashes: Uint8Array[] = []
  for (const [i, text] of texts.entries()) {
    const hash = /^0x[0-9a-f]*$/.test(text) ? fromHex(text.slice(2)) : undefined
    if (hash?.length !== hashBytes)
      return refuse('malformed', `reward.proof[${i}] is not 0x and 64 lower-case hex digits`)
    hashes.push(hash)
  }
  return accept(hashes)
}
