/** What the stores of a gateway hold, read past the gateway's own adapters. */

import { seqMax } from '../../gateway/core/limits.js'
import { metricTable } from '../../gateway/core/metrics.gen.js'
import type { RunningGateway } from './gateway.js'
import { exact, put, type Series } from './recordedDay.js'

interface InfluxSeries {
  name: string
  tags?: Record<string, string>
  columns: string[]
  values: unknown[][]
}

/** Runs one InfluxQL statement over HTTP; times come in ms. Rejects on any error. */
export async function influxQuery(url: string, statement: string): Promise<InfluxSeries[]> {
  const query = new URLSearchParams({ db: 'fieldproof', epoch: 'ms', q: statement })
  const response = await fetch(`${url}/query?${query}`)
  const answer = (await response.json()) as {
    error?: string
    results?: { error?: string; series?: InfluxSeries[] }[]
  }
  const error = answer.error ?? answer.results?.[0]?.error
  if (error !== undefined) throw new Error(`${statement}: ${error}`)
  return answer.results?.[0]?.series ?? []
}

/** Every point of the raw policy (PROTOCOL 10), by `<device> <metric>`. */
export async function influxSeries(url: string): Promise<Series> {
  const series: Series = new Map()
  const found = await influxQuery(url, 'SELECT * FROM "fieldproof"."raw"./.*/ GROUP BY *')
  for (const { name, tags = {}, columns, values } of found) {
    if (columns.join() !== 'time,value' || Object.keys(tags).join() !== 'device')
      throw new Error(`${name} has fields ${columns.join()} and tags ${Object.keys(tags).join()}`)
    for (const [ms, value] of values)
      add(series, `${tags.device} ${name}`, Number(ms) / 1000, value)
  }
  return series
}

/** Every point that the operator API gives of these devices, at any time and of any metric. */
export async function apiSeries(
  gateway: RunningGateway,
  devices: readonly string[],
): Promise<Series> {
  const series: Series = new Map()
  for (const device of devices) {
    for (const { name } of metricTable) {
      const path = `/api/devices/${device}/points?metric=${name}&from=0&to=${seqMax}&limit=10000`
      for (const { time, value } of await gateway.api<{ time: number; value: number }[]>(path))
        add(series, `${device} ${name}`, time, value)
    }
  }
  return series
}

function add(series: Series, name: string, second: number, value: unknown): void {
  if (!Number.isInteger(second)) throw new Error(`${name} at ${second}: no whole second`)
  // The shortest text of a double is the decimal that it was made from, up to 15 digits.
  const read = typeof value === 'number' ? exact(String(value)) : undefined
  if (read === undefined) throw new Error(`${name} at ${second} is ${value}`)
  if (put(series, name, second, read)) throw new Error(`${name} at ${second} is there twice`)
}
