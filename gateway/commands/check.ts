import { Command } from 'commander'
import { configKeys } from '../config/keys.js'
import { type Config, durationKeys } from '../config/schema.js'
import { getAt, leaves, setAt, type Tree } from '../config/tree.js'
import { configFileOf } from '../config.js'
import { formatDuration } from '../core/time.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { paint, print, printJson, printPairs } from './output.js'

/** `fieldproof check`: reads the configuration and says what it means. */
export function checkCommand(): Command {
  const command = new Command('check')
    .option('--json', 'print the configuration as JSON')
    .addHelpText(
      'after',
      `
Exit code 78 where something is wrong.

Examples:
  fieldproof check
  fieldproof check --config /etc/fieldproof.yaml --json
  FIELDPROOF_MQTT__PORT=1884 fieldproof check`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: CommonOptions & { json?: boolean }): Promise<void> {
  const config = await configOf(options)
  const shown = leaves(withoutSecrets(config))
  if (options.json) return printJson(withoutSecrets(config))
  const file = configFileOf({ file: options.config, env: process.env })
  print(`${paint('green', 'ok')}  ${file ?? 'no configuration file; defaults and environment'}`)
  print('')
  printPairs(shown.map(({ path, value }) => [path, asText(path, value)]))
  for (const warning of warningsOf(config)) print(`\n${paint('yellow', 'note')}  ${warning}`)
}

/** What is allowed, but deserves a second look. */
export function warningsOf(config: Config): string[] {
  const warnings: string[] = []
  const { mqtt, http, enrolment } = config
  if (mqtt.mode === 'embedded' && !isLoopback(mqtt.host))
    warnings.push(
      `mqtt.host ${mqtt.host} is open to the network without TLS: connect tokens can be copied ` +
        'there; set mqtt.tls.certFile and keyFile where you do not trust that network',
    )
  if (!isLoopback(http.host))
    warnings.push(
      `http.host ${http.host} is open to the network: the operator's token travels in clear; ` +
        'put a proxy with TLS in front, or reach it through an SSH tunnel',
    )
  if (enrolment.open)
    warnings.push('enrolment.open is true: close it again once your devices are approved')
  return warnings
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** Which keys are secret stands in the schema, so that no new one is forgotten here. */
function withoutSecrets(config: Config): Tree {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  const shown = JSON.parse(JSON.stringify(config, plain)) as Tree
  for (const { path, key } of configKeys())
    if (key?.secret && getAt(shown, path) !== undefined) setAt(shown, path, '(hidden)')
  return shown
}

function asText(path: string, value: unknown): string {
  const isDuration = durationKeys.includes(path) || path.startsWith('privacy.windows.')
  if (isDuration) return formatDuration(Number(value))
  return typeof value === 'string' ? value : JSON.stringify(value)
}
