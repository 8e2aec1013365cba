/** One load on one gateway: a process as a user starts it, on a copy of the fleet's data directory. */
import { cpSync, rmSync } from 'node:fs'
import type { StatusView } from '../../gateway/ports/operations.js'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'
import { cpuTime, memory, pidOf } from './child.js'
import { gatewayEnv } from './fleet.js'
import type { Load } from './prepare.js'
import { startLoad } from './sender.js'

export interface GatewayRun {
  messagesPerSec: number
  /** Processor time per message while it is sent, all threads and the main thread, microseconds. */
  cpuUs: number
  mainUs: number
  /** The same from the first message until the series hold the last one, all threads. */
  cpuUsWithSeries: number
  /** MB: started; connected; after the load; at most. */
  memory: { idle: number; connected: number; after: number; peak: number }
  /** Readings that the series lack when the last PUBACK comes, and how long they take, s. */
  lagRecords: number
  catchUpSec: number
}

const idleMs = 1_000

/**
 * `fleet`: data directory of the fleet; `dataDir`: where its copy goes. `profiles`: folder for CPU
 * profiles of the gateway's threads, none where it is absent.
 */
export async function runGateway(
  load: Load,
  fleet: string,
  dataDir: string,
  profiles?: string,
): Promise<GatewayRun> {
  cpSync(fleet, dataDir, { recursive: true })
  const wrapper = profiles === undefined ? [] : profiling(profiles)
  const gateway = await startGateway({ dataDir, env: gatewayEnv, wrapper })
  try {
    return await measure(gateway, load)
  } finally {
    await gateway.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function measure(gateway: RunningGateway, load: Load): Promise<GatewayRun> {
  const pid = pidOf(gateway.process)
  const total = load.plan.connections * load.plan.each
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  const idle = memory(pid).now
  const sender = await startLoad(load, gateway.mqttPort)
  const connected = memory(pid).now
  const first = cpuTime(pid)
  sender.tell('go')
  const warm = await sender.said('warm')
  const before = cpuTime(pid)
  const ms = await sender.said('done')
  const after = cpuTime(pid)
  const doneAtMs = performance.now()
  const status = await gateway.api<StatusView>('/api/status')
  requireAccepted(status, total)
  const lagRecords = status.store.lagRecords
  await until('the series to catch up', async () => {
    const { store } = await gateway.api<StatusView>('/api/status')
    return store.lagRecords === 0
  })
  const catchUpSec = (performance.now() - doneAtMs) / 1000
  const { now, peak } = memory(pid)
  const cpuUsWithSeries = (cpuTime(pid).all - first.all) / total
  await sender.stop()
  const measured = total - warm
  return {
    messagesPerSec: (measured * 1000) / ms,
    cpuUs: (after.all - before.all) / measured,
    mainUs: (after.main - before.main) / measured,
    cpuUsWithSeries,
    memory: { idle, connected, after: now, peak },
    lagRecords,
    catchUpSec: lagRecords === 0 ? 0 : catchUpSec,
  }
}

/** A PUBACK says judged: that all were accepted, only the gateway knows. */
function requireAccepted({ counters }: StatusView, total: number): void {
  if (counters.accepted === total && Object.keys(counters.refused).length === 0) return
  throw new Error(`${total} messages were sent, the gateway counts ${JSON.stringify(counters)}`)
}

/** A shell that becomes node with one more option, so that the process keeps its id. */
export function profiling(folder: string): string[] {
  const script = 'folder=$0 && exec "$1" --cpu-prof "--cpu-prof-dir=$folder" "$2" "$3"'
  return ['sh', '-c', script, folder]
}
