import { Command } from 'commander'
import type { Gateway } from '../compose.js'
import type { Config } from '../config/schema.js'
import { addCommonOptions, type CommonOptions, configOf, portArgument } from './options.js'
import { print, printPairs } from './output.js'

interface StartOptions extends CommonOptions {
  network?: string
  mqttHost?: string
  mqttPort?: number
  httpHost?: string
  httpPort?: number
  serial?: string[]
}

/** `fieldproof start`: the gateway, until Ctrl-C. */
export function startCommand(): Command {
  const command = new Command('start')
    .option('--network <name>', 'network that devices sign for')
    .option('--mqtt-host <address>', 'address that the embedded broker listens on')
    .option('--mqtt-port <port>', 'its port; 0 takes a free one', portArgument)
    .option('--http-host <address>', 'address of dashboard and API')
    .option('--http-port <port>', 'their port; 0 takes a free one', portArgument)
    .option('--serial <path...>', 'serial ports, instead of finding boards by itself')
    .addHelpText(
      'after',
      `
Examples:
  fieldproof start
  fieldproof start --data-dir /var/lib/fieldproof --mqtt-host 0.0.0.0
  FIELDPROOF_STORE__KIND=influxdb FIELDPROOF_STORE__URL=http://127.0.0.1:8086 fieldproof start

Every key of the configuration can also stand in fieldproof.yaml or in the environment:
see schemas/config.md, and try  fieldproof check
SIGHUP reads it again and says what holds at once and what needs a restart.`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: StartOptions): Promise<void> {
  const load = (): Promise<Config> =>
    configOf(options, {
      network: options.network,
      'mqtt.host': options.mqttHost,
      'mqtt.port': options.mqttPort,
      'http.host': options.httpHost,
      'http.port': options.httpPort,
      'serial.ports': options.serial,
    })
  const config = await load()
  const { runGateway } = await import('./runGateway.js')
  await runGateway(config, {
    reload: load,
    started(gateway) {
      print(`FieldProof on network ${config.network}`)
      printPairs(whereabouts(gateway))
      return undefined
    },
  })
}

/** What runs where, for people. */
export function whereabouts(gateway: Gateway): [string, string][] {
  // Kept logs hold no secret: a link works once, and only the first start prints one unasked.
  const dashboard =
    process.stdout.isTTY || gateway.isNew
      ? `${gateway.loginLink()}  (signs in one browser, once)`
      : `${gateway.url}  ("fieldproof link" signs a browser in)`
  const { gateway: identity, listeners, store, verifier, serial } = gateway.status()
  return [
    ['dashboard', dashboard],
    ...listeners
      .filter(({ name }) => name !== 'http')
      .map(({ name, address }): [string, string] => [name, address]),
    ['serial', serial.length === 0 ? 'no board yet' : serial.map(({ port }) => port).join(', ')],
    ['gateway id', identity.id],
    ['store', store.kind],
    ['verifier', `${verifier.threads} threads (${verifier.backend})`],
    ['data', gateway.dataDir],
  ]
}
