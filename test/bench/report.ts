/** The tables: what was measured, then what was to be reached. */
import type { GatewayRun } from './gatewayRun.js'
import type { Options } from './options.js'
import { type GatewaySample, median, medianOf, type Results } from './results.js'
import { printTable } from './table.js'

/** Goals, each as the worst value that still reaches it. */
const goals = {
  /** Messages of one record, of the limit. */
  ofLimit: 0.6,
  /** Values in messages of ten records, of the plain script's readings. */
  ofScript: 2.5,
  idleMB: 120,
  connectedMB: 200,
  /** Start to listening, of an empty Node. */
  startRatio: 5,
}

export function printReport(options: Options, results: Results, scriptConnections: number): void {
  const { rounds, messages } = options
  console.log(
    `Medians of ${rounds} round(s), ${count(messages)} messages a run of which the first fifth warms up.\n`,
  )
  printThroughput(options, results, scriptConnections)
  printGateway(options, results)
  printGoals(options, results, scriptConnections)
}

function printThroughput(options: Options, results: Results, scriptConnections: number): void {
  const rows: string[][] = []
  for (const [records, runs] of results.limit) {
    const cpu = medianOf(runs, (run) => run.cpuUs).toFixed(1)
    const name = `limit: verification alone, ${records} record(s)`
    rows.push([name, '', count(medianOf(runs, (run) => run.perSec)), '', '', cpu])
  }
  for (const [connections, runs] of results.broker) {
    const cpu = medianOf(runs, (run) => run.brokerUs).toFixed(1)
    const rate = medianOf(runs, (run) => run.messagesPerSec)
    rows.push(['aedes alone, QoS 1', count(Number(connections)), count(rate), '', '', cpu])
  }
  if (results.script.length > 0) {
    const rate = count(medianOf(results.script, (run) => run.messagesPerSec))
    const cpu = medianOf(results.script, (run) => run.brokerUs + run.scriptUs).toFixed(1)
    const name = 'plain script, aedes and InfluxDB'
    rows.push([name, count(scriptConnections), rate, rate, '', cpu])
  }
  for (const [records, connections, runs] of gatewayRuns(options, results)) {
    const rate = medianOf(runs, (run) => run.messagesPerSec)
    const ofLimit = medianOf(runs, (run) => run.ofLimit)
    rows.push([
      `gateway, ${records} record(s)`,
      count(connections),
      count(rate),
      count(rate * records),
      ofLimit.toFixed(2),
      medianOf(runs, (run) => run.cpuUs).toFixed(1),
    ])
  }
  printTable(['', 'connections', 'messages/s', 'values/s', 'of the limit', 'CPU us/message'], rows)
}

function printGateway(options: Options, results: Results): void {
  const rows = gatewayRuns(options, results).map(([records, connections, runs]) => {
    const of = (pick: (run: GatewayRun) => number, digits = 0): string =>
      medianOf(runs, pick).toFixed(digits)
    return [
      `${records} record(s)`,
      count(connections),
      of((run) => run.mainUs, 1),
      of((run) => run.cpuUsWithSeries, 1),
      of((run) => run.memory.idle),
      of((run) => run.memory.connected),
      of((run) => run.memory.after),
      of((run) => run.memory.peak),
      count(medianOf(runs, (run) => run.lagRecords)),
      of((run) => run.catchUpSec, 1),
    ]
  })
  if (rows.length === 0) return
  const cpu = ['main us', 'all us*']
  const memory = ['idle MB', 'connected', 'after', 'peak']
  printTable(['gateway', 'connections', ...cpu, ...memory, 'series lag', 'caught up s'], rows)
  console.log(
    '* per message, all threads, until the series hold every value; lag is in messages.\n',
  )
}

function printGoals(options: Options, results: Results, scriptConnections: number): void {
  const rows: string[][] = []
  const goal = (
    name: string,
    value: number,
    wanted: number,
    isLeast: boolean,
    digits = 2,
  ): void => {
    if (Number.isNaN(value)) return
    const reached = isLeast ? value >= wanted : value <= wanted
    const sign = isLeast ? 'at least' : 'at most'
    rows.push([name, `${sign} ${wanted}`, value.toFixed(digits), reached ? 'reached' : 'MISSED'])
  }
  for (const [records, connections, runs] of gatewayRuns(options, results)) {
    const name = `single records of the limit, ${count(connections)} connection(s)`
    if (records === 1)
      goal(
        name,
        medianOf(runs, (run) => run.ofLimit),
        goals.ofLimit,
        true,
      )
  }
  const packed = results.gateway.get(`10 ${scriptConnections}`) ?? []
  const ratios = results.script.map(
    (run, round) => (10 * (packed[round]?.messagesPerSec ?? Number.NaN)) / run.messagesPerSec,
  )
  goal("packed values of the plain script's readings", median(ratios), goals.ofScript, true, 1)
  const all = gatewayRuns(options, results).flatMap(([, , runs]) => runs)
  goal(
    'resident idle, MB',
    medianOf(all, (run) => run.memory.idle),
    goals.idleMB,
    false,
    0,
  )
  const most = gatewayRuns(options, results).filter(([, connections]) => connections === 1_000)
  const connected = most.flatMap(([, , runs]) => runs)
  goal(
    'resident at 1,000 connections, MB',
    medianOf(connected, (run) => run.memory.connected),
    goals.connectedMB,
    false,
    0,
  )
  const { start } = results
  const [empty, started] = [medianOf(start, (t) => t.emptyMs), medianOf(start, (t) => t.gatewayMs)]
  const ratio = medianOf(start, (t) => t.gatewayMs / t.emptyMs)
  const times = `(${started.toFixed(0)} ms, ${empty.toFixed(0)} ms)`
  goal(`start to listening, of an empty Node ${times}`, ratio, goals.startRatio, false, 1)
  printTable(['goal', 'wanted', 'measured', ''], rows)
}

function gatewayRuns(
  { records, connections }: Options,
  results: Results,
): [number, number, GatewaySample[]][] {
  return records.flatMap((r) =>
    connections.flatMap((c) => {
      const runs = results.gateway.get(`${r} ${c}`)
      return runs === undefined ? [] : [[r, c, runs] as [number, number, GatewaySample[]]]
    }),
  )
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
