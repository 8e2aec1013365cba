/** Which gateway a simulation speaks to, and whether it may speak as its operator too. */
import type { AckMode } from '../../simulator/link.js'
import { type OperatorApi, operatorApi } from '../../simulator/operator.js'
import { readOperatorToken } from '../adapters/system/dataDir.js'
import { readRunFile } from '../adapters/system/runFile.js'
import { Failure } from '../core/failure.js'
import { type CommonOptions, configOf } from './options.js'

export interface TargetOptions extends CommonOptions {
  mqtt?: string
  url?: string
  token?: string
  network?: string
  acks?: AckMode
}

export interface Target {
  network: string
  mqttUrl: string | undefined
  acks: AckMode
  /** Absent without a token: then somebody else approves, and what is stored is not compared. */
  operator: OperatorApi | undefined
}

/**
 * What the flags say, then what the gateway of the data directory says, then the configuration.
 * Rejects with `Failure('unavailable')` where no broker is known and one is needed.
 */
export async function findTarget(options: TargetOptions, needsMqtt: boolean): Promise<Target> {
  const config = await configOf(options)
  // A gateway elsewhere has nothing to do with the data directory that happens to be here.
  const isElsewhere = options.url !== undefined || (options.mqtt !== undefined && !options.dataDir)
  const here = isElsewhere ? undefined : await readRunFile(config.dataDir)
  const token = options.token ?? (here && (await readOperatorToken(config.dataDir)))
  const url = options.url ?? here?.url
  const operator = url !== undefined && token !== undefined ? operatorApi(url, token) : undefined
  const mqttUrl = options.mqtt ?? (here && `mqtt://${here.mqtt.host}:${here.mqtt.port}`)
  if (needsMqtt && mqttUrl === undefined)
    throw new Failure(
      'unavailable',
      `no gateway is running in ${config.dataDir}: start it with "fieldproof start", ` +
        'name its data directory with --data-dir, or its broker with --mqtt',
    )
  if (mqttUrl !== undefined && !/^(mqtts?|tcp|tls|wss?):\/\/./.test(mqttUrl))
    throw new Failure('usage', `--mqtt ${mqttUrl}: expected a URL such as mqtt://127.0.0.1:1883`)
  return {
    network: options.network ?? (await operator?.network()) ?? config.network,
    mqttUrl,
    acks: options.acks ?? (config.mqtt.mode === 'external' ? 'ak' : 'puback'),
    operator,
  }
}
