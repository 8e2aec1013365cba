/** Whom a buyer's commands speak to, and as whom. */
import { readFile } from 'node:fs/promises'
import { readRunFile } from '../../adapters/system/runFile.js'
import { buyerTokenVariable } from '../../config/environment.js'
import { Failure, messageOf } from '../../core/failure.js'
import { type CommonOptions, configOf } from '../options.js'
import type { BuyerLogin } from './buyer.js'

export interface BuyerTargetOptions extends CommonOptions {
  url?: string
  network?: string
  buyer?: string
  tokenFile?: string
}

/**
 * What the flags say, then the gateway of the data directory. Rejects with Failure('usage') where
 * name or token are missing, 'unavailable' where no broker is known.
 */
export async function findBuyer(options: BuyerTargetOptions): Promise<BuyerLogin> {
  const { buyer: name, url } = options
  if (name === undefined || !/^[a-z0-9-]{1,32}$/.test(name))
    throw new Failure('usage', '--buyer: expected your name, 1 to 32 of a-z, 0-9 and -')
  if (url !== undefined && !/^(mqtts?|tcp|tls|wss?):\/\/./.test(url))
    throw new Failure('usage', `--url ${url}: expected a URL such as mqtt://127.0.0.1:1883`)
  const token = await readToken(options.tokenFile)
  // A gateway elsewhere has nothing to do with the data directory that happens to be here.
  if (url !== undefined && options.network !== undefined)
    return { url, network: options.network, name, token }
  const config = await configOf(options)
  const here = url === undefined ? await readRunFile(config.dataDir) : undefined
  const found = url ?? (here && `mqtt://${here.mqtt.host}:${here.mqtt.port}`)
  if (found === undefined)
    throw new Failure(
      'unavailable',
      `no gateway is running in ${config.dataDir}: name its broker with --url mqtt://host:1883 ` +
        'and its network with --network',
    )
  return { url: found, network: options.network ?? config.network, name, token }
}

async function readToken(file: string | undefined): Promise<string> {
  const token = file === undefined ? process.env[buyerTokenVariable] : await tokenIn(file)
  if (token) return token
  throw new Failure(
    'usage',
    `no token: put it into ${buyerTokenVariable}, or into a file named with --token-file`,
  )
}

async function tokenIn(file: string): Promise<string> {
  try {
    // One newline at the end belongs to the editor, not to the secret.
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    throw new Failure('permission', `cannot read ${file}: ${messageOf(error)}`)
  }
}
