/**
 * `/metrics` for Prometheus: what the gateway does and how well, never who. No label names a device,
 * a cell, an owner or a port (PROTOCOL 9). Read from the operator's status at most once a second,
 * whoever asks how often.
 */
import type { Counter, Gauge, Registry } from 'prom-client'
import { metricsAgeMsMax } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Operations, StatusView } from '../../ports/operations.js'

export interface MetricsText {
  contentType: string
  body: string
}

/** Answers a scrape. The library is loaded by the first one, so that a start does not wait for it. */
export function metricsSource(
  operations: Pick<Operations, 'status'>,
  clock: Clock,
): () => Promise<MetricsText> {
  let collectors: Promise<Collectors> | undefined
  let latest: { atMs: number; text: Promise<MetricsText> } | undefined
  const scrape = async (): Promise<MetricsText> => {
    collectors ??= createCollectors()
    const { registry, fill } = await collectors
    fill(await operations.status(), clock.now())
    return { contentType: registry.contentType, body: await registry.metrics() }
  }
  return () => {
    const nowMs = clock.monotonic()
    if (latest === undefined || nowMs - latest.atMs >= metricsAgeMsMax)
      latest = { atMs: nowMs, text: scrape() }
    const { text } = latest
    return text.catch((error: unknown) => {
      if (latest?.text === text) latest = undefined
      throw error
    })
  }
}

interface Collectors {
  registry: Registry
  fill(status: StatusView, nowMs: number): void
}

/** Name, what it is, and how to read it. Counters end in `_total`. */
type Row = readonly [
  name: string,
  help: string,
  read: (status: StatusView, nowMs: number) => number,
]

const counters: readonly Row[] = [
  ['fieldproof_readings_accepted_total', 'Messages accepted', (s) => s.counters.accepted],
  [
    'fieldproof_readings_duplicate_total',
    'Messages that were accepted before and acknowledged again',
    (s) => s.counters.duplicates,
  ],
  [
    'fieldproof_store_dead_points_total',
    'Points that the series store refuses for ever',
    (s) => s.store.dead,
  ],
  [
    'fieldproof_market_requests_total',
    'Requests of buyers, since the start',
    (s) => s.market?.requests ?? 0,
  ],
  [
    'fieldproof_market_sales_total',
    'Charges: answers with priced rows, and live rows, since the start',
    (s) => s.market?.sales ?? 0,
  ],
  [
    'fieldproof_market_credits_spent_total',
    'Credits taken for them',
    (s) => s.market?.creditsSpent ?? 0,
  ],
]

const gauges: readonly Row[] = [
  ['fieldproof_start_time_seconds', 'Start of the gateway', (s) => s.startedAtMs / 1000],
  ['fieldproof_readings_per_second', 'Messages accepted, last 10 s', (s) => s.counters.rate],
  ['fieldproof_degraded_conditions', 'Things that are lost now', (s) => s.degraded.length],
  ['fieldproof_intake_waiting_messages', 'Waiting for judgement', (s) => s.queue.waiting],
  ['fieldproof_verifying_messages', 'At the verifier threads', (s) => s.queue.verifying],
  ['fieldproof_verifier_threads', 'Verifier threads', (s) => s.verifier.threads],
  ['fieldproof_log_entries', 'Durable log entries', (s) => s.log.size],
  ['fieldproof_log_bytes', 'Size of the journal', (s) => s.log.bytes],
  [
    'fieldproof_checkpoint_age_seconds',
    'Time since the newest checkpoint',
    (s, nowMs) => Math.max(0, (nowMs - s.log.checkpointAtMs) / 1000),
  ],
  ['fieldproof_store_lag_records', 'Entries not in the series store', (s) => s.store.lagRecords],
  ['fieldproof_store_lag_bytes', 'The same in bytes', (s) => s.store.lagBytes],
  ['fieldproof_store_lag_seconds', 'Age of the oldest of them', (s) => s.store.lagSeconds],
  ['fieldproof_market_buyers', 'Buyers that may log in', (s) => s.market?.buyers ?? 0],
  [
    'fieldproof_backup_time_seconds',
    'Start of the newest verified backup; 0 for none',
    (s) => (s.backup?.atMs ?? 0) / 1000,
  ],
  ['fieldproof_epoch_number', 'The open epoch', (s) => s.epoch.n],
  ['fieldproof_serial_ports', 'Serial ports in use', (s) => s.serial.length],
]

async function createCollectors(): Promise<Collectors> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // The library counts from its first use on; the process began earlier.
  const { user, system } = process.cpuUsage()
  const total = (name: string, microseconds: number): void => {
    const counter = registry.getSingleMetric(name)
    if (counter instanceof Counter) counter.inc(microseconds / 1e6)
  }
  total('process_cpu_user_seconds_total', user)
  total('process_cpu_system_seconds_total', system)
  total('process_cpu_seconds_total', user + system)
  const counted = counters.map(
    ([name, help, read]) => [new Counter({ name, help, registers }), read] as const,
  )
  const gauged = gauges.map(
    ([name, help, read]) => [new Gauge({ name, help, registers }), read] as const,
  )
  const refused = new Counter({
    name: 'fieldproof_messages_refused_total',
    help: 'Messages refused, by reason code',
    labelNames: ['reason'],
    registers,
  })
  const released = new Counter({
    name: 'fieldproof_released_rows_total',
    help: 'Rows published since the start, by class',
    labelNames: ['class'],
    registers,
  })
  const build = new Gauge({
    name: 'fieldproof_build_info',
    help: 'Always 1',
    labelNames: ['version', 'network', 'store', 'verifier'],
    registers,
  })
  const fill = (status: StatusView, nowMs: number): void => {
    for (const [counter, read] of counted) setCounter(counter, {}, read(status, nowMs))
    for (const [gauge, read] of gauged) gauge.set(read(status, nowMs))
    refused.reset()
    for (const [reason, count] of Object.entries(status.counters.refused))
      refused.inc({ reason }, count)
    released.reset()
    for (const [name, count] of Object.entries(status.released))
      released.inc({ class: name }, count)
    describeBuild(build, status)
  }
  return { registry, fill }
}

/** The gateway counts; this library only writes it out. */
function setCounter(counter: Counter, labels: Record<string, string>, value: number): void {
  counter.reset()
  counter.inc(labels, value)
}

function describeBuild(
  build: Gauge<'version' | 'network' | 'store' | 'verifier'>,
  status: StatusView,
): void {
  build.reset()
  const { version, network } = status
  build.set({ version, network, store: status.store.kind, verifier: status.verifier.backend }, 1)
}
