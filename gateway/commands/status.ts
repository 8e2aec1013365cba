import { Command } from 'commander'
import { stripControls } from '../adapters/system/text.js'
import { formatInstant } from '../core/time.js'
import type { StatusView } from '../ports/operations.js'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions } from './options.js'
import { ago, formatBytes, paint, print, printJson, printPairs } from './output.js'

/** `fieldproof status`: what the running gateway does, and how well. */
export function statusCommand(): Command {
  const command = new Command('status').option('--json', 'print the status as JSON').addHelpText(
    'after',
    `
Examples:
  fieldproof status
  fieldproof status --json | jq .store.lagSeconds`,
  )
  return addCommonOptions(command).action(run)
}

async function run(options: CommonOptions & { json?: boolean }): Promise<void> {
  const gateway = await connectGateway(options)
  const status = await gateway.get<StatusView>('/api/status')
  if (options.json) return printJson(status)
  const wellness = status.degraded.length === 0 ? paint('green', 'well') : paint('red', 'degraded')
  print(`gateway ${status.gateway.id} on network ${status.network}: ${wellness}`)
  for (const line of status.degraded) print(`  ${paint('red', '!')} ${stripControls(line)}`)
  print('')
  printPairs(describe(status, gateway.url, Date.now()))
}

function describe(status: StatusView, url: string, nowMs: number): [string, string][] {
  const { counters, log, store, queue, verifier, epoch } = status
  const refused = Object.entries(counters.refused).map(([reason, count]) => `${count} ${reason}`)
  const behind =
    store.lagRecords === 0
      ? 'up to date'
      : `${store.lagRecords} records behind (${formatBytes(store.lagBytes)}, ${store.lagSeconds} s)`
  return [
    ['dashboard', url],
    ['running', `version ${status.version}, started ${ago(status.startedAtMs, nowMs)}`],
    ...status.listeners
      .filter(({ name }) => name !== 'http')
      .map(({ name, address }): [string, string] => [name, address]),
    ...status.serial.map((port): [string, string] => [
      'serial',
      [port.port, port.state, port.device, port.error].filter(Boolean).join(', '),
    ]),
    ['accepted', `${counters.accepted}, now ${counters.rate.toFixed(1)} per second`],
    ['repeated', String(counters.duplicates)],
    ['refused', refused.length === 0 ? 'none' : refused.join(', ')],
    ['waiting', `${queue.waiting} messages, ${queue.verifying} being verified`],
    ['verifier', `${verifier.threads} threads of ${verifier.backend}`],
    ['log', `${log.size} entries, ${formatBytes(log.bytes)}`],
    ['checkpoint', `${ago(log.checkpointAtMs, nowMs)}, root ${log.root}`],
    ['epoch', `${epoch.n} is open, ends ${formatInstant(epoch.to)}`],
    ['store', [store.kind, behind, store.error].filter(Boolean).join(', ')],
    ...(store.dead > 0
      ? [['dead points', `${store.dead}, see dead-letters.jsonl`] as [string, string]]
      : []),
  ]
}
