/** What people and verifiers see: the operator's view, the public log, HTTP. Part of the composition root. */
import { fileURLToPath } from 'node:url'
import { createLoginLinks } from '../adapters/http/loginLinks.js'
import { startHttp } from '../adapters/http/server.js'
import { createWalletLogins } from '../adapters/http/walletLogins.js'
import type { Config } from '../config.js'
import { toB64u, toHex } from '../core/bytes.js'
import { formatVkey } from '../core/log/note.js'
import { hashBytes, tileWidth } from '../core/log/tree.js'
import { createDashboard } from '../pipeline/dashboard.js'
import { createOperations } from '../pipeline/operate.js'
import type { RootPublisher } from '../pipeline/publishRoots.js'
import type { VerifiedBackup } from '../ports/backups.js'
import type { Clock } from '../ports/clock.js'
import type { BuyerOperations } from '../ports/market.js'
import type { MarketCounts, PublicLog, StatusView } from '../ports/operations.js'
import type { OwnerTokens } from '../ports/owners.js'
import type { Signer } from '../ports/signer.js'
import type { Tiles } from '../ports/tiles.js'
import { packageFolder } from '../version.js'
import type { Links } from './links.js'
import type { Pipeline } from './pipeline.js'
import type { Stores } from './stores.js'

export interface Identity {
  config: Config
  version: string
  startedAtMs: number
  gatewayId: string
  origin: string
  signer: Signer
  clock: Clock
}

export interface FaceParts {
  token: string
  /** Takes the next free port where one is taken. */
  search: boolean
  /** The links, once there are some. */
  links(): Links | undefined
  buyers: BuyerOperations
  /** Where epochs are published to a chain. */
  /** What buyers did since the start. */
  counts: MarketCounts
  chain: RootPublisher | undefined
  /** The newest backup, where they are made. */
  backup(): VerifiedBackup | undefined
  /** What else does not work now. */
  condition(): string[]
  owners: OwnerTokens
  /** Told what the operator should know of the start. */
  warn(message: string): void
  report(message: string): void
}

export async function openFaces(
  identity: Identity,
  stores: Stores,
  pipeline: Pipeline,
  parts: FaceParts,
) {
  const { config, clock, signer } = identity
  const { admission } = stores.state
  let isReady = false
  const degraded = (): string[] => {
    const error = pipeline.projector.status().error ?? pipeline.mirror?.status().error
    return [
      ...(parts.links()?.condition() ?? []),
      ...(error === undefined ? [] : [`store: ${error}`]),
      ...pipeline.cosign
        .rows()
        .flatMap((row) => (row.error === undefined ? [] : [`witness ${row.name}: ${row.error}`])),
      ...(parts.chain?.condition() ?? []),
      ...parts.condition(),
    ]
  }
  const status = (): StatusView => ({
    ...statusOf(identity, stores, pipeline),
    market: { ...parts.counts, buyers: parts.buyers.buyers().length },
    ...backupOf(parts.backup()),
    degraded: degraded(),
    listeners: [{ name: 'http', address: http.url }, ...(parts.links()?.listeners() ?? [])],
    serial: parts.links()?.serialPorts() ?? [],
  })
  const operations = createOperations({
    network: config.network,
    gatewayKey: signer.publicKey,
    registry: admission.registry,
    highest: (device) => admission.highest(device),
    journal: stores.journal,
    sequences: stores.sequences,
    tiles: stores.tiles,
    settle: pipeline.published,
    settlements: pipeline.epochs.settlements,
    access: pipeline.access,
    tally: pipeline.tally,
    events: pipeline.events,
    store: stores.series,
    presence: (device) => parts.links()?.presence(device),
    status,
    epochs: pipeline.epochs,
    buyers: parts.buyers,
  })
  const links = createLoginLinks(clock)
  const http = await startHttp({
    operations,
    dashboard: createDashboard({
      registry: admission.registry,
      settlements: pipeline.epochs.settlements,
      rows: pipeline.releases.rows,
      geography: async () => (await import('../adapters/h3/geography.js')).geography,
    }),
    owners: parts.owners,
    links,
    wallets: createWalletLogins({
      network: config.network,
      gatewayId: identity.gatewayId,
      chainId: (config.chain.enabled ? config.chain.id : undefined) ?? 1,
      clock,
    }),
    log: publicLog(identity, stores.tiles, pipeline),
    epochs: pipeline.epochs.settlements,
    health: { ready: () => isReady, degraded },
    clock,
    token: parts.token,
    webFolder: fileURLToPath(new URL('dist/pages/', packageFolder)),
    host: config.http.host,
    port: config.http.port,
    search: parts.search,
    report: parts.report,
  })
  if (config.http.port !== 0 && http.port !== config.http.port)
    parts.warn(`HTTP port ${config.http.port} is taken: the gateway listens on ${http.port}`)
  return {
    operations,
    status,
    degraded,
    /** Address of the dashboard for who has started the gateway: signs in as operator, once. */
    loginLink: () => `${http.url}${links.make({ role: 'operator' })}`,
    url: http.url,
    server: http.server,
    /** From now on /readyz says yes. */
    ready() {
      isReady = true
    },
    close: () => http.close(),
  }
}

function backupOf(newest: VerifiedBackup | undefined): Pick<StatusView, 'backup'> {
  return newest === undefined ? {} : { backup: newest }
}

function statusOf(
  { version, config, gatewayId, signer, startedAtMs, clock }: Identity,
  { journal }: Stores,
  { tally, ingest, verifier, log, published, projector, epochs, cosign, released }: Pipeline,
): Omit<StatusView, 'degraded' | 'listeners' | 'serial' | 'market'> {
  const { latest } = published
  return {
    version,
    network: config.network,
    gateway: { id: gatewayId, key: toB64u(signer.publicKey) },
    startedAtMs,
    counters: {
      accepted: tally.accepted,
      duplicates: tally.duplicates,
      refused: { ...tally.refused },
      rate: tally.rate(clock.now()),
    },
    queue: { waiting: ingest.waiting, verifying: verifier.pending },
    log: {
      size: log.size,
      bytes: journal.bytes,
      root: latest ? toHex(latest.root) : '',
      checkpoint: latest?.text ?? '',
      checkpointAtMs: latest?.atMs ?? 0,
    },
    store: projector.status(),
    verifier: { backend: verifier.backend, threads: verifier.threads },
    witnesses: cosign.rows(),
    released: { ...released },
    epoch: epochs.open(),
  }
}

function publicLog(
  { config, gatewayId, origin, signer }: Identity,
  tiles: Tiles,
  { published }: Pipeline,
): PublicLog {
  const { publicKey } = signer
  return {
    gateway: {
      network: config.network,
      id: gatewayId,
      key: toB64u(publicKey),
      vkey: formatVkey({ name: origin, publicKey }),
    },
    checkpoint: () => published.latest?.text,
    async tile(level, index, width) {
      // Only what a checkpoint covers is public: a hash beyond it could still be cut after a crash.
      const covered = Math.floor((published.latest?.size ?? 0) / tileWidth ** level)
      const start = index * tileWidth
      if (start + width > covered) return undefined
      const hashes = await tiles.read(level, start, width)
      return hashes.length === width * hashBytes ? hashes : undefined
    },
  }
}
