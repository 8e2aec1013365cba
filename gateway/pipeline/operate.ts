/** What the operator can ask and decide: the other parts of the pipeline, seen from their side. */
import { toB64u, toHex } from '../core/bytes.js'
import { wishOf } from '../core/device/enrolment.js'
import type { Candidate } from '../core/device/pending.js'
import type { Device, Registry } from '../core/device/registry.js'
import { metrics } from '../core/metric.js'
import { accept, type Result } from '../core/verdict.js'
import type { Presence } from '../ports/link.js'
import type { BuyerOperations } from '../ports/market.js'
import type { DeviceView, Operations, StatusView } from '../ports/operations.js'
import type { SeriesStore } from '../ports/series.js'
import type { Access } from './access.js'
import type { Epochs } from './epochs.js'
import type { Events } from './events.js'
import { type ProveParts, prove } from './prove.js'
import type { Tally } from './tally.js'

export interface OperateParts extends ProveParts {
  registry: Registry
  access: Access
  tally: Tally
  events: Events
  store: SeriesStore
  /** Highest accepted sequence, -1 before the first. */
  highest(device: string): number
  /** Presence as the links have heard it, by device. */
  presence(device: string): (Presence & { transport: 'mqtt' | 'serial' }) | undefined
  status(): StatusView
  epochs: Pick<Epochs, 'closeNow'>
  buyers: BuyerOperations
}

export function createOperations(parts: OperateParts): Operations {
  const { access, registry, sequences, tiles } = parts

  async function view(id: string): Promise<DeviceView | undefined> {
    const device = registry.byId(id)
    if (device) return deviceView(parts, device)
    const candidate = access.pending().find((one) => one.device === id)
    return candidate && candidateView(parts, candidate)
  }

  async function viewOf(
    outcome: Result<Device | undefined>,
    id: string,
  ): Promise<Result<DeviceView>> {
    if (!outcome.ok) return outcome
    const seen = await view(id)
    // A candidate that was rejected is gone; what is said of it is its last state.
    return accept(seen ?? goneView(id))
  }

  return {
    status: async () => parts.status(),
    async devices(owner) {
      if (owner !== undefined) {
        const own = [...registry.devices()].filter((one) => one.owner === owner)
        return Promise.all(own.map((one) => deviceView(parts, one)))
      }
      const waiting = access.pending().map((candidate) => candidateView(parts, candidate))
      const approved = await Promise.all(
        [...registry.devices()].map((one) => deviceView(parts, one)),
      )
      return [...waiting, ...approved]
    },
    ownerOf: (id) => registry.byId(id)?.owner,
    device: view,
    approve: async (id, approval) => viewOf(await access.approve(id, approval), id),
    consent: async (id, change) => viewOf(await access.consent(id, change), id),
    setState: async (id, state) => viewOf(await access.setState(id, state), id),
    async messages(device, from, to, limit) {
      const found = await sequences.list(device, from, to, limit)
      const rows = found
        .filter(({ index }) => index < tiles.size)
        .map(async ({ seq, index }) => ({
          seq,
          index,
          leaf: toHex(await tiles.read(0, index, 1)),
        }))
      return Promise.all(rows)
    },
    points: (device, metric, from, to, limit) =>
      parts.store.range({ device, metric, from, to }, limit),
    buckets: (device, metric, from, to, stepSec) =>
      parts.store.downsample({ device, metric, from, to }, stepSec),
    proof: (device, seq, digest) => prove(parts, device, seq, digest),
    closeEpoch: () => parts.epochs.closeNow(),
    watch: (listener) => parts.events.watch(listener),
    buyers: parts.buyers,
  }
}

async function deviceView(parts: OperateParts, device: Device): Promise<DeviceView> {
  const presence = parts.presence(device.id)
  const count = parts.tally.countOf(device.id)
  const highest = parts.highest(device.id)
  return {
    device: device.id,
    state: device.state,
    model: device.model,
    firmware: `${device.firmware} ${device.version}`,
    metrics: [...device.metrics],
    owner: device.owner,
    cell: device.cell,
    placement: device.placement,
    intervalSec: device.intervalSec,
    soldMetrics: [...device.soldMetrics],
    soldResolution: device.soldResolution,
    admission: toHex(device.admission),
    simulated: device.simulated,
    key: toB64u(device.keys.at(-1)!.key),
    online: presence?.online ?? false,
    ...(presence ? { transport: presence.transport } : {}),
    accepted: count?.accepted ?? 0,
    refused: parts.tally.refusedOf(device.id),
    ...(highest < 0 ? {} : { highestSeq: highest }),
    ...(count ? { lastAtMs: count.lastAtMs } : {}),
    latest: await latestOf(parts.store, device.id),
  }
}

/**
 * Newest values, in the order of the table of metrics; none where the store is away: the rest of the
 * view is worth showing.
 */
async function latestOf(store: SeriesStore, device: string): Promise<DeviceView['latest']> {
  const rows = await store.latest(device).catch(() => [])
  return metrics.flatMap(({ name, unit }) => {
    const row = rows.find(({ metric }) => metric === name)
    return row === undefined ? [] : [{ ...row, unit }]
  })
}

function candidateView(parts: OperateParts, { device, enrolment }: Candidate): DeviceView {
  const presence = parts.presence(device)
  const wish = wishOf(enrolment)
  return {
    device,
    state: 'pending',
    model: enrolment.model,
    firmware: `${enrolment.firmware} ${enrolment.version}`,
    metrics: [...enrolment.metrics],
    ...(enrolment.owner === undefined ? {} : { owner: enrolment.owner }),
    ...(enrolment.cell === undefined ? {} : { cell: enrolment.cell }),
    soldMetrics: [...wish.soldMetrics],
    soldResolution: wish.soldResolution,
    simulated: false,
    key: toB64u(enrolment.key),
    online: presence?.online ?? true,
    accepted: 0,
    refused: {},
    latest: [],
  }
}

function goneView(device: string): DeviceView {
  return {
    device,
    state: 'revoked',
    model: '',
    firmware: '',
    metrics: [],
    simulated: false,
    key: '',
    online: false,
    accepted: 0,
    refused: {},
    latest: [],
  }
}
