/**
 * The composition root: the table of contents of the running system. Stores are opened and
 * recovered, the pipeline stands on them, links bring messages, faces show it all. The parts are
 * joined in compose/.
 */
import { randomBytes } from 'node:crypto'
import { systemClock } from './adapters/system/clock.js'
import { openDataDir } from './adapters/system/dataDir.js'
import type { Logger } from './adapters/system/logger.js'
import { openOwnerTokens } from './adapters/system/ownerTokens.js'
import { openBackups } from './compose/backups.js'
import { startChain } from './compose/chain.js'
import { Closers } from './compose/closers.js'
import { openFaces } from './compose/faces.js'
import { type Home, startHomeAssistant } from './compose/homeAssistant.js'
import { createLinks, type Links, preloadLinks } from './compose/links.js'
import { openCreditsIn, openMarket, withBuyers } from './compose/market.js'
import { startPipeline } from './compose/pipeline.js'
import { openStores } from './compose/stores.js'
import { loadWitnesses, requireNewest } from './compose/witnesses.js'
import type { Config } from './config.js'
import { toB64u } from './core/bytes.js'
import { deviceIdOf } from './core/device/key.js'
import type { Failure } from './core/failure.js'
import { originOf } from './core/log/checkpoint.js'
import type { Backups } from './pipeline/backups.js'
import { startHerald } from './pipeline/herald.js'
import type { RootPublisher } from './pipeline/publishRoots.js'
import type { LinkEvent } from './ports/link.js'
import type { Approval, Operations, StatusView } from './ports/operations.js'
import type { SerialDriver } from './ports/serialDriver.js'
import { asyncapiText, packageVersion } from './version.js'

export interface ComposeOptions {
  logger: Logger
  /** Takes the next free port where one is taken: for the demo. */
  portSearch?: boolean
  /** Approves these candidates at once: the demo's own simulated devices. */
  autoApprove?: (device: string) => Approval | undefined
  /** Serial ports beside the configured ones that are not the system's, by path: emulated boards. */
  serialDrivers?: ReadonlyMap<string, SerialDriver>
  /** Called once when nothing can be acknowledged any more: end the process now. */
  fatal(failure: Failure): void
}

/** A gateway that listens. */
export interface Gateway {
  dataDir: string
  isNew: boolean
  url: string
  mqtt: { host: string; port: number }
  operatorToken: string
  /** Address of the dashboard that signs a browser in as operator, once; a new one each time. */
  loginLink(): string
  operations: Operations
  status(): StatusView
  /** Answers what was taken, signs the last checkpoint, closes everything; a second at most. */
  stop(): Promise<void>
}

/** Starts everything. Rejects with a Failure that says what to do; what was opened is closed again. */
export async function compose(config: Config, options: ComposeOptions): Promise<Gateway> {
  const closers = new Closers()
  try {
    return await start(config, options, closers)
  } catch (error) {
    await closers
      .close()
      .catch((second: unknown) => options.logger.warn({ err: second }, 'closing'))
    throw error
  }
}

async function start(config: Config, options: ComposeOptions, closers: Closers): Promise<Gateway> {
  const { logger, fatal } = options
  const clock = systemClock
  const version = packageVersion()
  const startedAtMs = clock.now()

  preloadLinks(config)
  const witnesses = await loadWitnesses(config)

  // What is on disk.
  const dataDir = await openDataDir(config.dataDir)
  closers.push(() => dataDir.close())
  const { signer } = dataDir
  const gatewayId = deviceIdOf(signer.publicKey)
  const origin = originOf(config.network, gatewayId, dataDir.logRun)
  const note = (text: string): void => logger.warn(text)
  const stores = await openStores(dataDir, config, { fatal, note })
  closers.push(() => stores.close())
  const credits = await openCreditsIn({ dataDir, clock, logger, closers, fatal })

  // Nothing is signed here that is less than others have seen.
  const log = { origin, signer, tiles: stores.tiles, checkpoints: stores.checkpoints, warn: note }
  if (witnesses !== undefined) await requireNewest(witnesses, log)

  // Verify > admit > journal > acknowledge, and what reads the journal afterwards. What it says
  // before the links are there is said again when they start.
  let links: Links | undefined
  let chain: RootPublisher | undefined
  const pipeline = await startPipeline({
    config,
    origin,
    dataDir: dataDir.path,
    signer,
    clock,
    logger,
    stores,
    witnesses,
    sales: credits,
    closers,
    autoApprove: options.autoApprove,
    fatal,
    tell: (device, answer) => links?.tell(device, answer),
    send: (device, kind, bytes) => links?.send(device, kind, bytes),
    wantsReceipts: (device) => links?.wantsReceipts(device) ?? false,
    publish: (topic, text) => links?.publisher.publish(topic, text, true),
    epochClosed: () => chain?.notify(),
  })
  chain = await startChain({
    config,
    dataDir: dataDir.path,
    settlements: pipeline.epochs.settlements,
    clock,
    logger,
  })
  closers.push(async () => chain?.stop())

  // Who buys what was released.
  const { buyers, wallets, market, catalog, counts } = openMarket({
    config,
    gateway: { id: gatewayId, key: toB64u(signer.publicKey) },
    credits,
    releases: pipeline.releases.rows,
    settlements: pipeline.epochs.settlements,
    answers: stores.answers,
    clock,
    logger,
    closers,
    link: () => links?.buyers,
  })

  // Faces for people, then links to devices: a gateway is ready once MQTT listens.
  let home: Home | undefined
  let backups: Backups | undefined
  const event = (one: LinkEvent): void => {
    logger[one.level]({ part: one.source }, one.text)
    pipeline.events.note(one)
  }
  const identity = { config, version, startedAtMs, gatewayId, origin, signer, clock }
  const faces = await openFaces(identity, stores, pipeline, {
    token: dataDir.operatorToken,
    search: options.portSearch ?? false,
    links: () => links,
    buyers,
    owners: await openOwnerTokens(dataDir.file('owners.json'), clock),
    counts,
    chain,
    condition: () => [...(home?.condition() ?? []), ...(backups?.condition() ?? [])],
    backup: () => backups?.newest(),
    report: (message) => logger.error({ part: 'http' }, message),
    warn: (message) => logger.warn({ part: 'http' }, message),
  })
  closers.push(() => faces.close())
  links = await createLinks(
    {
      config,
      gatewayId,
      gatewayKey: signer.publicKey,
      intake: withBuyers(pipeline.intake, buyers, wallets),
      wallets,
      market,
      clock,
      portSearch: options.portSearch ?? false,
      serialDrivers: options.serialDrivers ?? new Map(),
      arrived: (device) => pipeline.downlinks.configure(device),
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      event,
    },
    faces.server,
  )
  const started = links
  closers.push(() => started.stop())
  await started.start()
  pipeline.downlinks.configureAll()
  backups = await openBackups(config, dataDir.path, logger)
  closers.push(async () => backups?.stop())
  home = await startHomeAssistant(identity, stores, pipeline, event)
  closers.push(async () => home?.stop())
  const herald = startHerald({
    gatewayId,
    version,
    degraded: faces.degraded,
    publish: (topic, text) => started.publisher.publish(topic, text, true),
    checkpoint: () => pipeline.published.latest?.text,
    epochs: await pipeline.epochs.recent(),
    asyncapi: asyncapiText(),
    catalog,
  })
  closers.push(() => herald.stop())
  await pipeline.releases.announce()
  faces.ready()
  const mqtt = started.mqttAddress()
  await dataDir.announce({ pid: process.pid, url: faces.url, mqtt })
  return {
    dataDir: dataDir.path,
    isNew: dataDir.isNew,
    url: faces.url,
    mqtt,
    operatorToken: dataDir.operatorToken,
    loginLink: faces.loginLink,
    operations: faces.operations,
    status: faces.status,
    stop: () => closers.close(),
  }
}
