/** The contract as a stranger to this project sees it: through viem and the compiler's own ABI. */
import { type Abi, createPublicClient, createWalletClient, defineChain, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { contractArtefacts } from '../../../gateway/adapters/chain/artefacts.js'
import { rewardsFile } from '../../../gateway/core/rewards/ledger.js'
import type { Anvil, Deployment } from '../../support/anvil.js'

export interface Rig {
  read<T>(name: string, ...args: readonly unknown[]): Promise<T>
  /** Sends a call of an account and resolves with the gas it took; rejects with the contract's error. */
  act(from: number, name: string, args: readonly unknown[], value?: bigint): Promise<bigint>
  /** The error that a call of an account ends with, such as `TotalFell(1, 2)`; `undefined`: none. */
  refusal(
    from: number,
    name: string,
    args: readonly unknown[],
    value?: bigint,
  ): Promise<string | undefined>
  /** EIP-712 signature of an account. */
  signRedirect(from: number, to: string, nonce: bigint, deadline: bigint): Promise<Hex>
}

export async function openRig(anvil: Anvil, { distributor }: Deployment): Promise<Rig> {
  const abi = (await contractArtefacts()).contracts.RewardsDistributor!.abi as Abi
  const address = distributor as Hex
  const chain = defineChain({
    id: anvil.chainId,
    name: 'anvil',
    nativeCurrency: { name: 'coin', symbol: 'C', decimals: 18 },
    rpcUrls: { default: { http: [anvil.url] } },
  })
  const transport = http(anvil.url, { retryCount: 0 })
  const reader = createPublicClient({ chain, transport, pollingInterval: 20 })
  const accounts = anvil.accounts.map(({ text }) => privateKeyToAccount(text as Hex))
  const wallet = createWalletClient({ chain, transport })
  const simulate = (from: number, functionName: string, args: readonly unknown[], value: bigint) =>
    reader.simulateContract({ account: accounts[from]!, address, abi, functionName, args, value })
  return {
    read: async <T>(functionName: string, ...args: readonly unknown[]) =>
      (await reader.readContract({ address, abi, functionName, args })) as T,
    async act(from, functionName, args, value = 0n) {
      const { request } = await simulate(from, functionName, args, value)
      const hash = await wallet.writeContract(request)
      const receipt = await reader.waitForTransactionReceipt({ hash })
      if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
      return receipt.gasUsed
    },
    async refusal(from, functionName, args, value = 0n) {
      try {
        await simulate(from, functionName, args, value)
        return undefined
      } catch (error) {
        return errorText(error)
      }
    },
    signRedirect: (from, to, nonce, deadline) =>
      accounts[from]!.signTypedData({
        domain: {
          name: 'FieldProof',
          version: '1',
          chainId: anvil.chainId,
          verifyingContract: address,
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
        message: { account: accounts[from]!.address, to: to as Hex, nonce, deadline },
      }),
  }
}

function errorText(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!('data' in at) || typeof at.data !== 'object' || at.data === null) continue
    const { errorName, args = [] } = at.data as { errorName?: string; args?: readonly unknown[] }
    if (errorName !== undefined) return `${errorName}(${args.join(', ')})`
  }
  throw error
}

/** Who has earned how much in all, as a tree with the calls that go with it. */
export interface Tree {
  root: Hex
  total: bigint
  /** Arguments of `submit`. */
  submit(index: number, epoch: number): unknown[]
  /** Arguments of `claim`. */
  claim(account: string): [Hex, string, bigint, Hex[]]
}

export const recordHash = `0x${'5e'.repeat(32)}`

/** `earned` by account; other tokens' rows may stand in the same tree. */
export function treeOf(
  token: string,
  earned: Readonly<Record<string, bigint>>,
  others: readonly { account: string; token: string; cumulative: bigint }[] = [],
): Tree {
  const ledger = Object.entries(earned).map(([account, cumulative]) => ({
    account,
    token,
    cumulative,
  }))
  const file = rewardsFile('testnet/1', {}, [...ledger, ...others])
  const total = ledger.reduce((sum, { cumulative }) => sum + cumulative, 0n)
  return {
    root: file.root as Hex,
    total,
    submit: (index, epoch) => [index, file.root, epoch, recordHash, total],
    claim(account) {
      const leaf = file.tree.find((one) => one.account === account && one.reward === token)!
      return [file.root as Hex, account, BigInt(leaf.claimable), leaf.proof as Hex[]]
    },
  }
}
