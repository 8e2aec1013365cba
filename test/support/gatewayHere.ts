import { createLogger } from '../../gateway/adapters/system/logger.js'
import { compose } from '../../gateway/compose.js'
import { loadConfig } from '../../gateway/config.js'
import type { Failure } from '../../gateway/core/failure.js'
import { callApi, onFreePorts, type RunningGateway } from './gateway.js'

/** What a test asks of a gateway, in whichever process it runs. */
export type AnyGateway = Pick<RunningGateway, 'mqttPort' | 'api' | 'gone' | 'stop'>

/**
 * The gateway of `fieldproof start` in this process, on free ports: the same composition, without
 * the second of work that loading it into a new process takes. `stop` resolves with 0, or rejects
 * with what would have ended the process.
 */
export async function startGatewayHere(
  dataDir: string,
  env: Readonly<Record<string, string>>,
): Promise<AnyGateway> {
  const config = await loadConfig({ env: { ...onFreePorts(dataDir), ...env } })
  const failures: Failure[] = []
  const logger = createLogger({ level: 'error', format: 'text', colour: false })
  const gateway = await compose(config, { logger, fatal: (failure) => failures.push(failure) })
  let end: (code: number) => void = () => {}
  const gone = new Promise<number>((resolve) => {
    end = resolve
  })
  return {
    mqttPort: gateway.mqtt.port,
    api: (path, body) => callApi(gateway.url, gateway.operatorToken, path, body),
    gone,
    async stop() {
      await gateway.stop()
      if (failures[0] !== undefined) throw failures[0]
      end(0)
      return 0
    },
  }
}
