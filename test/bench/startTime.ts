/** From starting the process until MQTT and HTTP listen, beside an empty Node. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { startGateway } from '../support/gateway.js'
import { gatewayEnv } from './fleet.js'

export interface StartTime {
  /** `node -e 0` from start to exit. */
  emptyMs: number
  gatewayMs: number
}

/** One pair. `dataDir`: made by an earlier start, as nearly every start finds it. */
export async function startPair(dataDir: string): Promise<StartTime> {
  const emptyMs = await timed(async () => {
    await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  })
  const atMs = performance.now()
  const gateway = await startGateway({ dataDir, env: gatewayEnv })
  const gatewayMs = performance.now() - atMs
  await gateway.stop()
  return { emptyMs, gatewayMs }
}

/** Makes a data directory without devices. */
export async function makeEmpty(dataDir: string): Promise<void> {
  rmSync(dataDir, { recursive: true, force: true })
  const gateway = await startGateway({ dataDir, env: gatewayEnv })
  await gateway.stop()
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
