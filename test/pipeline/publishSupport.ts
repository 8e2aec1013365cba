/** Closed epochs in memory, made of real records and files; a publisher over a real node. */

import { openDistributor } from '../../gateway/adapters/chain/distributor.js'
import { accountOf } from '../../gateway/adapters/chain/node.js'
import { publicationFile } from '../../gateway/adapters/system/publicationFile.js'
import { fromHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { canonicalJson } from '../../gateway/core/json.js'
import {
  type EpochFields,
  encodeEpoch,
  epochJson,
  noPreviousRecord,
} from '../../gateway/core/log/epoch.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { rewardsFile } from '../../gateway/core/rewards/ledger.js'
import { rulesetHash } from '../../gateway/core/rewards/ruleset.js'
import { contribRoot } from '../../gateway/core/rewards/statement.js'
import {
  type PublishParts,
  type RootPublisher,
  startRootPublisher,
} from '../../gateway/pipeline/publishRoots.js'
import type { Distributor, PublicationStore } from '../../gateway/ports/chain.js'
import type { EpochFiles, Settlements } from '../../gateway/ports/settlements.js'
import type { Anvil, Deployment } from '../support/anvil.js'
import { until } from '../support/gateway.js'

const seed = new Uint8Array(32).fill(7)
const gateway = {
  publicKey: ed25519PublicKey(seed),
  sign: (message: Uint8Array) => ed25519Sign(message, seed),
}

export interface ClosedEpochs extends Settlements {
  /** Closes an epoch in which accounts have earned so much in all. */
  close(earned: Readonly<Record<string, bigint>>): EpochFiles
}

export function closedEpochs(token: string): ClosedEpochs {
  const files: EpochFiles[] = []
  const records: Uint8Array[] = []
  const money = { poolIn: 0n, carryIn: 0n, usageIn: 0n, unallocated: 0n, carryOut: 0n }
  return {
    get count() {
      return files.length
    },
    read: async (n) => files[n - 1],
    record: async (n) => files[n - 1]?.record,
    owning: async () => undefined,
    close(earned) {
      const n = files.length + 1
      const ledger = Object.entries(earned).map(([account, cumulative]) => ({
        account,
        token,
        cumulative,
      }))
      const rewards = rewardsFile(`testnet/g/${n}`, {}, ledger)
      const before = records.at(-1)
      const fields: EpochFields = {
        network: 'testnet',
        n,
        from: 1_762_000_000 + n * 60,
        to: 1_762_000_060 + n * 60,
        firstIndex: n - 1,
        endIndex: n,
        contribRoot: contribRoot([]),
        contribCount: 0,
        aggRoot: contribRoot([]),
        aggCount: 0,
        rewardRoot: fromHex(rewards.root.slice(2))!,
        paid: 0n,
        previous: before === undefined ? noPreviousRecord() : leafHash(before),
        ruleset: rulesetHash(),
        money,
      }
      const bytes = encodeEpoch(fields, gateway)
      const file = {
        record: epochJson(fields, bytes),
        contributions: '',
        aggregates: '',
        rewards: `${canonicalJson(rewards)}\n`,
      }
      records.push(bytes)
      files.push(file)
      return file
    },
  }
}

export interface PublisherRig {
  readonly publisher: RootPublisher
  /** Until every closed epoch is on the chain. */
  done(): Promise<void>
  /** Until it says why it does not publish. */
  stuck(pattern: RegExp): Promise<string>
}

export interface RigOptions {
  dataDir: string
  settlements: Settlements
  /** Puts faults between the publisher and its ports. */
  wrap?(ports: { distributor: Distributor; store: PublicationStore }): {
    distributor: Distributor
    store: PublicationStore
  }
  parts?: Partial<PublishParts>
  chainId?: number
}

export async function startPublishing(
  anvil: Anvil,
  { token, distributor }: Deployment,
  { dataDir, settlements, wrap = (ports) => ports, parts = {}, chainId = 31337 }: RigOptions,
): Promise<PublisherRig> {
  const ports = {
    distributor: openDistributor({
      url: anvil.url,
      chainId,
      distributor,
      token,
      account: accountOf(anvil.accounts[1]!.text)!,
    }),
    store: publicationFile(dataDir, { chainId, distributor }),
  }
  const publisher = await startRootPublisher({
    ...wrap(ports),
    settlements,
    token,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    confirmations: 1,
    feePerGasMax: 10n ** 12n,
    pollMs: 10,
    retryMsMin: 10,
    ...parts,
  })
  const detail = (): string => `${publisher.epoch} published; ${publisher.condition()}`
  return {
    publisher,
    done: async () => {
      await until('all epochs on the chain', () => publisher.epoch === settlements.count, {
        detail,
      })
    },
    stuck: (pattern) =>
      until(
        `the publisher to say ${pattern}`,
        () => publisher.condition().find((text) => pattern.test(text)),
        { detail },
      ),
  }
}
