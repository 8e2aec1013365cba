/** Publishes epochs to a chain, where the configuration says so. Part of the composition root. */
import type { Logger } from '../adapters/system/logger.js'
import { publicationFile } from '../adapters/system/publicationFile.js'
import type { Config } from '../config.js'
import { Failure } from '../core/failure.js'
import type { PublishParts, RootPublisher } from '../pipeline/publishRoots.js'
import type { Clock } from '../ports/clock.js'
import type { Settlements } from '../ports/settlements.js'
import { addressIn } from './addressIn.js'

export interface ChainParts {
  config: Config
  dataDir: string
  settlements: Settlements
  clock: Clock
  logger: Logger
}

/**
 * The publisher, or `undefined` where `chain.enabled` is false. Rejects with Failure('config') where
 * the key or an address is none, and where the record in the data directory is of another contract.
 */
export async function startChain(parts: ChainParts): Promise<RootPublisher | undefined> {
  const { chain, rewards } = parts.config
  const { enabled, url, id, key } = chain
  if (!enabled || url === undefined || id === undefined || key === undefined) return undefined
  const distributor = addressIn('chain.distributor', chain.distributor ?? '')
  const token = addressIn('rewards.token', rewards.token)
  const { accountOf } = await import('../adapters/chain/node.js')
  const { openDistributor } = await import('../adapters/chain/distributor.js')
  const { startRootPublisher } = await import('../pipeline/publishRoots.js')
  const account = accountOf(key)
  if (account === undefined)
    throw new Failure('config', 'chain.key is no secret key of an account (secp256k1)')
  return startRootPublisher({
    distributor: openDistributor({ url, chainId: id, distributor, token, account }),
    store: publicationFile(parts.dataDir, { chainId: id, distributor }),
    settlements: parts.settlements,
    token,
    clock: parts.clock,
    confirmations: chain.confirmations,
    feePerGasMax: chain.maxFee,
    ...reports(parts.logger),
  })
}

function reports(logger: Logger): Pick<PublishParts, 'published' | 'report'> {
  const part = { part: 'chain' }
  return {
    published: (epoch, index) =>
      logger.info(
        part,
        index === undefined
          ? `epoch ${epoch} pays nobody yet: nothing to publish`
          : `epoch ${epoch} is on the chain as root ${index}`,
      ),
    report: (problem) =>
      problem === undefined
        ? logger.info(part, 'publishing goes on')
        : logger.warn(part, `nothing is published: ${problem}`),
  }
}
