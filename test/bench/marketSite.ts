/** What the market's benchmark runs on: a fleet with rows to sell in a closed epoch, and buyers. */
import { connect } from 'node:net'
import { join } from 'node:path'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { formatInstant } from '../../gateway/core/time.js'
import { startGateway } from '../support/gateway.js'
import { readingOf } from '../support/reading.js'
import { shiftedBy } from '../support/shiftedClock.js'
import type { BuyersPlan } from './buyers.js'
import { benchNetwork, deviceOf } from './device.js'
import { benchCell, gatewayEnv, makeFleet } from './fleet.js'
import { makeSet } from './messageSet.js'
import type { MarketOptions } from './options.js'
import { connectPacket, publishPacket } from './packets.js'
import type { Load } from './prepare.js'

export interface MarketSite {
  /** Data directory, copied for each run. */
  fleet: string
  load: Load
  buyers: Omit<BuyersPlan, 'port'>
}

const ownersMax = 50
/** The fleet was enrolled so long ago, so that there are rows to sell. */
const pastMs = 2 * 3_600_000
/** The rows asked for were published before the epoch was closed: the last windows are not asked for. */
const behindSec = 1_800
const stepSec = 900
/** The first readings of the load are this old: in range (PROTOCOL 2.2) whatever a run takes. */
const ageSec = 6 * 86_400

/** Enrols the devices, has a window of theirs released, closes its epoch and adds the buyers. */
export async function makeMarketSite(
  folder: string,
  messages: number,
  { devices, buyers, queries }: MarketOptions,
): Promise<MarketSite> {
  const fleet = join(folder, 'market')
  const owners = Math.min(ownersMax, devices)
  const ownerOf = (index: number): string =>
    `0x${((index % owners) + 1).toString(16).padStart(40, '0')}`
  await makeFleet(fleet, devices, { env: shiftedBy(-pastMs), ownerOf })
  const past = await startGateway({ dataDir: fleet, env: { ...gatewayEnv, ...shiftedBy(-pastMs) } })
  for (let i = 0; i < owners; i++) await sendOne(past.mqttPort, i)
  await past.stop()
  const added = await sellFrom(fleet, buyers)
  const nowSec = Math.floor(Date.now() / 1_000 / stepSec) * stepSec
  const query = {
    metric: 'temperature',
    cells: [benchCell],
    from: formatInstant(nowSec - pastMs / 1_000 - stepSec),
    to: formatInstant(nowSec - behindSec),
    step: 'PT15M',
  }
  const live = { metric: 'temperature', cell: benchCell, step: stepSec }
  return {
    fleet,
    load: await makeLoad(join(folder, 'market-set'), messages, devices),
    buyers: { buyers: added, perSec: queries, query, live },
  }
}

/** Publishes what fell due and closes its epoch, so that answers carry proofs; the buyers' tokens. */
async function sellFrom(dataDir: string, count: number): Promise<BuyersPlan['buyers']> {
  const gateway = await startGateway({ dataDir, env: gatewayEnv })
  await gateway.api('/api/epochs/close', {})
  const added: BuyersPlan['buyers'] = []
  for (let i = 0; i < count; i++) {
    const body = { name: `buyer-${i}`, credits: 10_000_000, metrics: ['all'] }
    const { token } = await gateway.api<{ token: string }>('/api/buyers', body)
    added.push({ name: body.name, token })
  }
  await gateway.stop()
  return added
}

async function makeLoad(set: string, messages: number, devices: number): Promise<Load> {
  const each = Math.max(1, Math.floor(messages / devices))
  const startSec = Math.floor(Date.now() / 1_000) - ageSec
  const plan = { kind: 'signed', records: 1, connections: devices, each, startSec } as const
  await makeSet(set, plan)
  return { set, plan, window: 8, warmUp: Math.ceil((devices * each) / 5) }
}

async function sendOne(port: number, index: number): Promise<void> {
  const device = deviceOf(index)
  const time = Math.floor((Date.now() - pastMs) / 1_000)
  const value = { m: 200 + index, e: -1 }
  const bytes = readingOf(device, benchNetwork, 1, [{ metric: 'temperature', time, value }])
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(connectPacket(device.id, encodeConnectToken(device, benchNetwork)))
  socket.write(publishPacket(`fp1/${benchNetwork}/d/${device.id}/up/rd`, 1, bytes))
  // CONNACK and PUBACK, 4 bytes each.
  await new Promise<void>((resolve, reject) => {
    let bytesRead = 0
    socket.on('data', (chunk) => {
      bytesRead += chunk.length
      if (bytesRead >= 8) resolve()
    })
    socket.once('close', () => reject(new Error('a reading was refused')))
  })
  socket.removeAllListeners('close').destroy()
}
