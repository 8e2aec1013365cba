import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { Command } from 'commander'
import { Failure, messageOf } from '../core/failure.js'
import { httpRowsMax } from '../core/limits.js'
import { metricByName } from '../core/metric.js'
import { formatInstant } from '../core/time.js'
import type { DeviceView } from '../ports/operations.js'
import { connectGateway, type GatewayClient } from './client.js'
import { addCommonOptions, type CommonOptions, deviceArgument, timeArgument } from './options.js'
import { print } from './output.js'
import { createProgressBar } from './progress.js'

interface ExportOptions extends CommonOptions {
  device?: string
  metric?: string
  from?: number
  to?: number
  output?: string
}

/** `fieldproof export`: the owner's own raw values, as CSV. */
export function exportCommand(): Command {
  const command = new Command('export')
    .option('--device <id>', 'one device (default: all)', deviceArgument)
    .option('--metric <name>', 'one metric, such as temperature (default: all)')
    .option('--from <time>', 'first second, UTC (default: a day ago)', timeArgument)
    .option('--to <time>', 'second after the last (default: now)', timeArgument)
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .addHelpText(
      'after',
      `
Columns: time,device,metric,value,unit

Examples:
  fieldproof export --from 2026-11-21 --to 2026-11-22 -o day.csv
  fieldproof export --device nbuo57lhddeib --metric temperature | head`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: ExportOptions): Promise<void> {
  const now = Math.ceil(Date.now() / 1000)
  const { from = now - 86_400, to = now + 1, metric } = options
  if (to <= from) throw new Failure('usage', '--from must be before --to')
  if (metric !== undefined && metricByName(metric) === undefined)
    throw new Failure('usage', `there is no metric ${metric}; schemas/metrics.md lists them`)
  const gateway = await connectGateway(options)
  const all = await gateway.get<DeviceView[]>('/api/devices')
  const devices = all.filter(
    (each) => options.device === undefined || each.device === options.device,
  )
  if (options.device !== undefined && devices.length === 0)
    throw new Failure('check', `no device ${options.device}; see "fieldproof devices list"`)
  const bar = createProgressBar('devices')
  const rows = csv(gateway, devices, metric, from, to, bar.show)
  if (options.output === undefined) return toStandardOutput(rows).finally(bar.end)
  const values = await toFile(options.output, rows).finally(bar.end)
  print(`${values} values written to ${options.output}`)
}

/** Chunks of whole lines, the header first; each with how many values it holds. */
async function* csv(
  gateway: GatewayClient,
  devices: readonly DeviceView[],
  metric: string | undefined,
  from: number,
  to: number,
  reached: (done: number, total: number) => void,
): AsyncGenerator<{ text: string; values: number }> {
  yield { text: 'time,device,metric,value,unit\n', values: 0 }
  for (const [i, { device, metrics }] of devices.entries()) {
    const names = metrics.filter((name) => metric === undefined || name === metric)
    for (const name of names) yield* seriesOf(gateway, device, name, from, to)
    reached(i + 1, devices.length)
  }
}

async function* seriesOf(
  gateway: GatewayClient,
  device: string,
  metric: string,
  from: number,
  to: number,
): AsyncGenerator<{ text: string; values: number }> {
  const unit = metricByName(metric)?.unit ?? ''
  for (let start = from; start < to; ) {
    const points = await gateway.get<{ time: number; value: number }[]>(
      `/api/devices/${device}/points`,
      { metric, from: start, to, limit: httpRowsMax },
    )
    const lines = points.map(
      ({ time, value }) => `${formatInstant(time)},${device},${metric},${value},${unit}\n`,
    )
    yield { text: lines.join(''), values: points.length }
    // A metric of a device has at most one value a second.
    if (points.length < httpRowsMax) return
    start = points.at(-1)!.time + 1
  }
}

async function toStandardOutput(rows: AsyncIterable<{ text: string }>): Promise<void> {
  for await (const { text } of rows) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  }
}

async function toFile(
  path: string,
  rows: AsyncIterable<{ text: string; values: number }>,
): Promise<number> {
  const temporary = `${path}.part`
  const file = createWriteStream(temporary, { mode: 0o600, flush: true })
  let values = 0
  try {
    await once(file, 'open')
    for await (const chunk of rows) {
      values += chunk.values
      if (!file.write(chunk.text)) await once(file, 'drain')
    }
    file.end()
    await finished(file)
    await rename(temporary, path)
    return values
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    if (error instanceof Failure) throw error
    throw new Failure('permission', `cannot write ${path}: ${messageOf(error)}`)
  }
}
