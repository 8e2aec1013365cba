/** One run of the market's benchmark: devices send, alone or while buyers listen and ask. */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '../support/gateway.js'
import { cpuTime, pidOf, startChild } from './child.js'
import { gatewayEnv } from './fleet.js'
import { profiling } from './gatewayRun.js'
import type { MarketSite } from './marketSite.js'
import { startLoad } from './sender.js'

export interface IngestRun {
  messagesPerSec: number
  /** Processor time of the gateway per message, all threads and the main one, microseconds. */
  cpuUs: number
  mainUs: number
  /** Of PUBACKs, ms; only at a pace. */
  puback50: number
  puback99: number
}

export interface AnswersRun {
  answers: number
  refused: number
  /** Answers whose proof is that of a closed epoch. */
  proved: number
  /** From request to answer, ms. */
  median: number
  p99: number
  /** Processor time that the buyers themselves took, share of one core. */
  clientShare: number
}

export interface MarketRun extends IngestRun {
  market?: AnswersRun
}

export interface RunPlan {
  site: MarketSite
  /** Where the copy of the site's data directory goes. */
  dataDir: string
  withBuyers: boolean
  /** Milliseconds between two messages of a device; absent: as fast as they are acknowledged. */
  everyMs?: number
  /** Folder for CPU profiles of the gateway's threads. */
  profiles?: string
}

export async function runMarket(plan: RunPlan): Promise<MarketRun> {
  const { site, withBuyers, everyMs, profiles } = plan
  const dataDir = join(plan.dataDir)
  cpSync(site.fleet, dataDir, { recursive: true })
  const wrapper = profiles === undefined ? [] : profiling(profiles)
  const gateway = await startGateway({ dataDir, env: gatewayEnv, wrapper })
  const buyers = withBuyers
    ? startChild('buyers.js', { ...site.buyers, port: gateway.mqttPort })
    : undefined
  try {
    await buyers?.said('ready')
    const sender = await startLoad(site.load, gateway.mqttPort, everyMs)
    buyers?.tell('go')
    await buyers?.said('warm')
    const clientBefore = buyers ? cpuTime(buyers.pid).all : 0
    const beganMs = performance.now()
    sender.tell('go')
    const { connections, each } = site.load.plan
    const pid = pidOf(gateway.process)
    const warm = await sender.said('warm')
    const before = cpuTime(pid)
    const ms = await sender.said('done')
    const after = cpuTime(pid)
    const measured = connections * each - warm
    const pace = everyMs !== undefined
    const run: IngestRun = {
      messagesPerSec: (measured * 1_000) / ms,
      cpuUs: (after.all - before.all) / measured,
      mainUs: (after.main - before.main) / measured,
      puback50: pace ? await sender.said('puback50') : Number.NaN,
      puback99: pace ? await sender.said('puback99') : Number.NaN,
    }
    await sender.stop()
    if (buyers === undefined) return run
    const clientUs = cpuTime(buyers.pid).all - clientBefore
    const clientShare = clientUs / 1_000 / (performance.now() - beganMs)
    buyers.tell('stop')
    const [answers, refused, proved, median, p99] = await Promise.all(
      ['answers', 'refused', 'proved', 'median', 'p99'].map((word) => buyers.said(word)),
    )
    return {
      ...run,
      market: {
        answers: answers!,
        refused: refused!,
        proved: proved!,
        median: median!,
        p99: p99!,
        clientShare,
      },
    }
  } finally {
    await buyers?.stop()
    await gateway.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
