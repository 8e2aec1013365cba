/** Joins the pipeline over the stores. Part of the composition root. */
import { evidenceFile } from '../adapters/system/evidenceFile.js'
import type { Logger } from '../adapters/system/logger.js'
import { createVerifier } from '../adapters/verifier/pool.js'
import type { Config } from '../config.js'
import { toHex } from '../core/bytes.js'
import type { Failure } from '../core/failure.js'
import { projectBusyMessages } from '../core/limits.js'
import { type Access, createAccess } from '../pipeline/access.js'
import { createContributionLog } from '../pipeline/contributionLog.js'
import { createControl } from '../pipeline/control.js'
import type { Cosign } from '../pipeline/cosign.js'
import { createDownlinks, type Downlinks } from '../pipeline/downlinks.js'
import { startEpochs } from '../pipeline/epochs.js'
import { Events } from '../pipeline/events.js'
import { growth } from '../pipeline/growth.js'
import { publishEpoch } from '../pipeline/herald.js'
import { createIngest } from '../pipeline/ingest.js'
import { createIntake } from '../pipeline/intake.js'
import { countReleased } from '../pipeline/marketCounts.js'
import { createProjector } from '../pipeline/project.js'
import { findLeaf } from '../pipeline/prove.js'
import { snapshotKeeper } from '../pipeline/recover.js'
import { type Settle, startSettle } from '../pipeline/settle.js'
import { Tally } from '../pipeline/tally.js'
import { startUpkeep } from '../pipeline/upkeep.js'
import type { Clock } from '../ports/clock.js'
import type { EnrolAnswer } from '../ports/intake.js'
import type { Approval } from '../ports/operations.js'
import type { Sales } from '../ports/sales.js'
import type { Signer } from '../ports/signer.js'
import { addressIn } from './addressIn.js'
import type { Closers } from './closers.js'
import { mirrorReleases, openReleases } from './releases.js'
import type { Stores } from './stores.js'
import { cosignWith, type Witnesses } from './witnesses.js'

export type Pipeline = Awaited<ReturnType<typeof startPipeline>>

export interface PipelineParts {
  config: Config
  /** Origin line of the checkpoints. */
  origin: string
  dataDir: string
  signer: Signer
  clock: Clock
  logger: Logger
  stores: Stores
  /** Who is asked to sign the checkpoints. */
  witnesses: Witnesses | undefined
  /** The ledger of credits. */
  sales: Sales
  closers: Closers
  autoApprove: ((device: string) => Approval | undefined) | undefined
  fatal(failure: Failure): void
  /** What the pipeline says to the links. */
  tell(device: string, answer: EnrolAnswer): void
  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): void
  wantsReceipts(device: string): boolean
  publish(topic: string, text: string): void
  /** Called when an epoch is closed. */
  epochClosed(): void
}

/** Verify > admit > journal > acknowledge, and what reads the journal afterwards. */
export async function startPipeline(parts: PipelineParts) {
  const { config, clock, logger, stores, closers } = parts
  const { journal, tiles, sequences, series } = stores
  const { admission, counts } = stores.state
  const events = new Events(clock)
  const tally = new Tally(counts, (device, reason) => epochs.refused(device, reason))
  const verifier = startVerifier(parts)
  const grown = growth()
  const log = createContributionLog(journal, tiles, grown.notify)
  const snapshots = snapshotKeeper(stores.state, log, stores.snapshots, sequences, stores.savedAt)
  const cosign = cosignWith(parts.witnesses, tiles, (checkpoint) =>
    parts.publish('pub/checkpoint', checkpoint.text),
  )
  closers.push(() => cosign.stop())
  const settle = await startSettle({
    origin: parts.origin,
    signer: parts.signer,
    tiles,
    store: stores.checkpoints,
    clock,
    intervalMs: config.log.checkpointInterval * 1000,
    fatal: parts.fatal,
    publish: (checkpoint) => {
      cosign.add(checkpoint)
      events.checkpoint(checkpoint)
    },
  })
  if (cosign.latest === undefined && settle.latest !== undefined) cosign.add(settle.latest)
  closers.push(() => settle.stop())
  const published = publishedBy(settle, cosign)
  const projector = createProjector({
    journal,
    sequences,
    store: series,
    clock,
    deviceOf: (kid) => admission.registry.byKid(toHex(kid))?.id,
    busy: () => ingest.waiting + verifier.pending >= projectBusyMessages,
  })
  closers.push(() => projector.stop())
  const upkeep = startUpkeep({
    log,
    journal,
    sequences,
    store: series,
    clock,
    retentionSec: () => config.retention.raw,
    neededFromMs: () => Math.min(epochs.neededFromMs(), releases.neededFromMs()),
    snapshots,
    report: (job, error) => logger.warn({ err: error }, `${job} failed`),
  })
  closers.push(() => upkeep.stop())
  const releases = await openReleases({
    config,
    stores,
    clock,
    logger,
    publish: parts.publish,
    fatal: parts.fatal,
  })
  closers.push(() => releases.stop())
  const released = countReleased(releases.rows)
  const mirror = mirrorReleases(stores, releases, logger)
  closers.push(async () => mirror?.stop())
  const epochs = await startEpochs({
    journal,
    tiles,
    registry: admission.registry,
    terms: {
      network: config.network,
      gateway: parts.signer,
      perHour: config.rewards.perHour,
      token: addressIn('rewards.token', config.rewards.token),
    },
    releases,
    sales: parts.sales,
    saleTerms: { perCredit: config.rewards.perCredit, feeBp: config.market.feeBp },
    log,
    store: stores.epochs,
    clock,
    lengthSec: config.epoch.length,
    publish: (record) => {
      publishEpoch(parts.publish, record)
      events.epoch(record)
      parts.epochClosed()
    },
    progress: (n) => logger.info(`closing the epochs that fell due: ${n}`),
    fatal: parts.fatal,
  })
  closers.push(() => epochs.stop())
  const downlinks = createDownlinks({
    network: config.network,
    signer: parts.signer,
    clock,
    registry: admission.registry,
    wantsReceipts: parts.wantsReceipts,
    send: parts.send,
  })
  const access = await startAccess(parts, log, verifier, events, downlinks)
  const ingest = createIngest({
    verifier,
    admission,
    log,
    findLeaf: (device, seq) => findLeaf({ sequences, tiles }, device, seq),
    control: createControl({
      admission,
      network: config.network,
      verify: verifier.verifyNow,
      setKey: access.setKey,
      tell: access.tell,
    }),
    evidence: evidenceFile(parts.dataDir, (error) =>
      logger.warn({ err: error }, 'evidence of equivocation could not be kept'),
    ),
    clock,
    tally,
    onAccepted: (accepted) => {
      for (const { device, seq, index } of accepted) sequences.add(device, seq, index)
      downlinks.receipts(accepted)
      events.accepted(accepted)
    },
    onRefused: (message, device, reason) => events.refused(message.transport, device, reason),
  })
  closers.push(() => ingest.drain())
  grown.start(() => {
    projector.notify(log.size)
    settle.notify()
  })
  const intake = createIntake({ ingest, access, tally, events })
  return {
    events,
    tally,
    verifier,
    log,
    published,
    cosign,
    epochs,
    releases,
    released,
    mirror,
    projector,
    access,
    ingest,
    intake,
    downlinks,
  }
}

/** What is shown to others: the newest checkpoint with its witnesses, and one that covers an entry. */
function publishedBy(settle: Settle, cosign: Cosign): Pick<Settle, 'latest' | 'covering'> {
  return {
    get latest() {
      return cosign.latest ?? settle.latest
    },
    covering: async (size) =>
      cosign.witnessed(size) ?? cosign.whenWitnessed(await settle.covering(size)),
  }
}

function startVerifier({ config, stores, logger, closers }: PipelineParts) {
  const { threads } = config.verifier
  const verifier = createVerifier({
    network: config.network,
    ...(threads === 'auto' ? {} : { threads }),
    onDeath: (detail) => logger.error({ detail }, 'a verifier thread died and was started again'),
  })
  closers.push(() => verifier.close())
  for (const device of stores.state.admission.registry.devices()) {
    for (const { kid, key } of device.keys) verifier.setKey(kid, key)
  }
  return verifier
}

function startAccess(
  parts: PipelineParts,
  log: ReturnType<typeof createContributionLog>,
  verifier: ReturnType<typeof startVerifier>,
  events: Events,
  downlinks: Downlinks,
): Promise<Access> {
  const { config } = parts
  const isOwnerSigned = config.enrolment.mode === 'owner-signed'
  return createAccess({
    network: config.network,
    signer: parts.signer,
    clock: parts.clock,
    admission: parts.stores.state.admission,
    log,
    pendingStore: parts.stores.pending,
    verify: verifier.verifyNow,
    open: () => config.enrolment.open,
    ownerSigned: isOwnerSigned ? { chainId: config.chain.id ?? 0 } : undefined,
    intervalSec: () => config.devices.interval,
    ...(parts.autoApprove ? { autoApprove: parts.autoApprove } : {}),
    setKey: (kid, key) => verifier.setKey(kid, key),
    onState: (device, answer) => {
      parts.tell(device, answer)
      if (answer.state === 'active') downlinks.configure(device)
      events.device(device, answer.state)
    },
  })
}
