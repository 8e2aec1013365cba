import { createLoginLinks } from '../../gateway/adapters/http/loginLinks.js'
import { createWalletLogins } from '../../gateway/adapters/http/walletLogins.js'
import { problem } from '../../gateway/core/query/problem.js'
import { accept, refuse } from '../../gateway/core/verdict.js'
import type { Clock } from '../../gateway/ports/clock.js'
import type { Dashboard } from '../../gateway/ports/dashboard.js'
import type { BuyerOperations } from '../../gateway/ports/market.js'
import type {
  DeviceView,
  GatewayEvent,
  Operations,
  PublicLog,
  StatusView,
} from '../../gateway/ports/operations.js'
import type { OwnerTokens } from '../../gateway/ports/owners.js'
import type { Settlements } from '../../gateway/ports/settlements.js'

/** A device as a test wants it. */
export function deviceView(device: string, more: Partial<DeviceView> = {}): DeviceView {
  return {
    device,
    state: 'active',
    model: 'bme280',
    firmware: '1.0.3',
    metrics: ['temperature'],
    simulated: false,
    key: 'A'.repeat(43),
    online: true,
    accepted: 3,
    refused: {},
    latest: [{ metric: 'temperature', time: 1_762_000_000, value: 21.5, unit: 'Cel' }],
    ...more,
  }
}

export function statusView(more: Partial<StatusView> = {}): StatusView {
  return {
    version: '0.1.0',
    network: 'testnet',
    gateway: { id: 'aaaaaaaaaaaaa', key: 'B'.repeat(43) },
    startedAtMs: 1_762_000_000_000,
    degraded: [],
    counters: { accepted: 12, duplicates: 1, refused: { replayed: 2 }, rate: 0.5 },
    queue: { waiting: 0, verifying: 0 },
    log: {
      size: 14,
      bytes: 4_200,
      root: 'C'.repeat(43),
      checkpoint: 'x\n',
      checkpointAtMs: 1_762_000_000_000,
    },
    store: { kind: 'embedded', lagRecords: 0, lagBytes: 0, lagSeconds: 0, dead: 0 },
    listeners: [{ name: 'mqtt', address: '127.0.0.1:1883' }],
    serial: [],
    witnesses: [],
    verifier: { backend: 'sodium', threads: 2 },
    released: { 'k-anonymous': 4, 'differentially-private': 1, withheld: 2 },
    market: { requests: 7, sales: 3, creditsSpent: 24, buyers: 2 },
    epoch: { n: 3, from: 1_761_955_200, to: 1_762_041_600 },
    ...more,
  }
}

/** A gateway that has no cell and no epoch to show. */
export const noDashboard: Dashboard = {
  map: async () => undefined,
  rows: async () => undefined,
  metrics: () => [],
  earnings: async () => ({ epochs: [], owners: [] }),
  deviceEarnings: async () => [],
  cellsAt: async () => [],
  outlines: async () => [],
  cellsAround: async () => [],
}

/** Tokens of owners in memory: `token-<owner>`. */
export function testOwners(): OwnerTokens {
  const owners = new Map<string, number>()
  return {
    issue: async (owner) => {
      owners.set(owner, 0)
      return `token-${owner}`
    },
    ownerOf: (token) => [...owners.keys()].find((owner) => token === `token-${owner}`),
    sessionsFromMs: (owner) => owners.get(owner) ?? 0,
    revoke: async (owner) => owners.delete(owner),
    list: () => [...owners].map(([owner, atMs]) => ({ owner, atMs })),
  }
}

/** What a face needs beside the operations. */
export function faceParts(clock: Clock) {
  return {
    dashboard: noDashboard,
    owners: testOwners(),
    links: createLoginLinks(clock),
    wallets: createWalletLogins({
      network: 'testnet',
      gatewayId: 'aaaaaaaaaaaaa',
      chainId: 1,
      clock,
    }),
  }
}

/** The closed epochs of a gateway that has none. */
export const noEpochs: Settlements = {
  count: 0,
  read: async () => undefined,
  record: async () => undefined,
  owning: async () => undefined,
}

const noBuyer = problem('not-found', 'no such buyer')

/** The buyers of a gateway that has none. */
const noBuyers: BuyerOperations = {
  buyers: () => [],
  addBuyer: async () => noBuyer,
  creditBuyer: async () => noBuyer,
  removeBuyer: async () => noBuyer,
}

/** The operator's port over a list in memory, with a hand to raise events. */
export interface TestOperations extends Operations {
  readonly list: DeviceView[]
  readonly watchers: Set<(event: GatewayEvent) => void>
  /** What the last approval carried. */
  approved: unknown
  /** What the last change of consent carried. */
  consented: unknown
  statusNow: () => Promise<StatusView>
  raise(event: GatewayEvent): void
}

export function testOperations(list: DeviceView[]): TestOperations {
  const watchers = new Set<(event: GatewayEvent) => void>()
  const find = (id: string) => list.find((each) => each.device === id)
  const operations: TestOperations = {
    list,
    watchers,
    approved: undefined,
    consented: undefined,
    statusNow: async () => statusView(),
    raise: (event) => {
      for (const watcher of watchers) watcher(event)
    },
    status: () => operations.statusNow(),
    devices: async (owner) =>
      owner === undefined ? list : list.filter((each) => each.owner === owner),
    ownerOf: (id) => find(id)?.owner,
    device: async (id) => find(id),
    approve: async (id, approval) => {
      const device = find(id)
      if (device === undefined) return refuse('unknown-device', 'no such candidate')
      operations.approved = approval
      device.state = 'active'
      device.owner = approval.owner
      device.cell = approval.cell
      return accept(device)
    },
    consent: async (id, change) => {
      const device = find(id)
      if (device === undefined) return refuse('unknown-device', 'no such device')
      operations.consented = change
      if (Array.isArray(change.soldMetrics)) device.soldMetrics = [...change.soldMetrics]
      device.soldResolution = change.soldResolution ?? 7
      return accept(device)
    },
    setState: async (id, state) => {
      const device = find(id)
      if (device === undefined) return refuse('unknown-device', 'no such device')
      if (device.state === 'revoked') return refuse('revoked', 'revoked is for ever')
      device.state = state
      return accept(device)
    },
    messages: async (_device, from, to, limit) =>
      [0, 1, 2]
        .filter((seq) => seq >= from && seq <= to)
        .slice(0, limit)
        .map((seq) => ({ seq, index: 10 + seq, leaf: 'ab'.repeat(32) })),
    points: async (_device, _metric, from, to, limit) => {
      const times = Array.from({ length: Math.min(limit, to - from) }, (_, i) => from + i)
      return times.map((time) => ({ time, value: time / 2 }))
    },
    buckets: async (_device, _metric, from, _to, stepSec) => [
      { time: from - (from % stepSec), mean: 1, min: 0, max: 2, count: 3 },
    ],
    proof: async (device, seq, message) => {
      if (find(device) === undefined || seq > 2) return refuse('unknown-device', 'no such message')
      if (message !== undefined && message !== 'ab'.repeat(32))
        return refuse('unknown-device', 'another message')
      return accept({ v: 1, kind: 'reading', device: { id: device }, seq })
    },
    closeEpoch: async () => refuse('bad-time', 'the epoch has not lasted a second yet'),
    watch: (listener) => {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    buyers: noBuyers,
  }
  return operations
}

/** A public log with one tile and a checkpoint. */
export function testLog(): PublicLog & { text: string | undefined } {
  return {
    text: 'fieldproof/testnet/aaaaaaaaaaaaa\n14\nroot\n\n— sig\n',
    gateway: { network: 'testnet', id: 'aaaaaaaaaaaaa', key: 'B'.repeat(43), vkey: 'n+1+k' },
    checkpoint() {
      return this.text
    },
    tile: async (level, index, width) =>
      level === 0 && index === 0 && width <= 14 ? new Uint8Array(32 * width).fill(7) : undefined,
  }
}
