/** Puts the contracts on a chain. */
import { deployContract } from 'micro-eth-signer/abi.js'
import { fromHex } from '../../core/bytes.js'
import { Failure } from '../../core/failure.js'
import { contractArtefacts } from './artefacts.js'
import { type Account, tokenCalls } from './node.js'
import type { Rpc } from './rpc.js'
import { transact, type Waiting } from './transact.js'

export interface DistributorTerms {
  /** EIP-55. */
  token: string
  /** Who decides disputes and names the publisher. */
  arbiter: string
  publisher: string
  delaySec: number
  bondWei: bigint
}

const distributorConstructor = [
  {
    type: 'constructor',
    inputs: [
      { name: 'token_', type: 'address' },
      { name: 'arbiter', type: 'address' },
      { name: 'publisher_', type: 'address' },
      { name: 'delay_', type: 'uint64' },
      { name: 'bond_', type: 'uint256' },
    ],
  },
] as const

const tokenConstructor = [
  { type: 'constructor', inputs: [{ name: 'supply', type: 'uint256' }] },
] as const

/** Resolves with the distributor's address. Rejects as `transact` and `contractArtefacts` do. */
export async function deployDistributor(
  rpc: Rpc,
  account: Account,
  terms: DistributorTerms,
  waiting: Waiting,
): Promise<string> {
  const { RewardsDistributor } = (await contractArtefacts()).contracts
  const code = deployContract(distributorConstructor, RewardsDistributor?.bytecode ?? '', {
    token_: terms.token,
    arbiter: terms.arbiter,
    publisher_: terms.publisher,
    delay_: BigInt(terms.delaySec),
    bond_: terms.bondWei,
  })
  return create(rpc, account, code, waiting)
}

/** Resolves with the address of a new test token, whose whole supply the account has. */
export async function deployTestToken(
  rpc: Rpc,
  account: Account,
  supply: bigint,
  waiting: Waiting,
): Promise<string> {
  const { TestToken } = (await contractArtefacts()).contracts
  const code = deployContract(tokenConstructor, TestToken?.bytecode ?? '', supply)
  return create(rpc, account, code, waiting)
}

/** Sends base units of the account's tokens to a distributor: a root is taken only while it holds enough. */
export async function fund(
  rpc: Rpc,
  account: Account,
  { token, distributor }: { token: string; distributor: string },
  amount: bigint,
  waiting: Waiting,
): Promise<void> {
  const data = tokenCalls.transfer.encodeInput({ to: distributor, value: amount })
  await transact(rpc, account, { to: token, data }, waiting)
}

async function create(rpc: Rpc, account: Account, code: string, waiting: Waiting): Promise<string> {
  const data = fromHex(code.slice(2))
  if (data === undefined) throw new Error('assertion failed: code is hex')
  const { contract } = await transact(rpc, account, { to: undefined, data }, waiting)
  if (contract === undefined)
    throw new Failure('unavailable', "the chain's node does not say where the contract is")
  return contract
}
