/** One device in the list: whether it counts, what it says, and how that has moved. */
import type { DeviceView } from '../../ports/operations.js'
import { type CheckItem, isCounted } from '../data/checklist.js'
import type { Samples } from '../data/samples.js'
import { ago, count, metricName, quantity } from '../format.js'
import { Spark } from './Spark.js'

/** Metrics that fit a card; its page has them all. */
const metricsShown = 3

export function DeviceCard({ device, values }: { device: DeviceView; values: Samples }) {
  const { device: id, online, model, firmware, latest, lastAtMs } = device
  const now = Date.now()
  const counted = isCounted(device, now)
  const refused = Object.values(device.refused).reduce((sum, n) => sum + n, 0)
  const isFresh = lastAtMs !== undefined && now - lastAtMs < 1500
  return (
    <a class={`card device${isFresh ? ' fresh' : ''}`} href={`#/device/${id}`} data-device={id}>
      <span class="top">
        <span class={`dot${online ? ' good' : ''}`} title={online ? 'online' : 'offline'} />
        <span class="mono id">{id}</span>
        <span class="grow" />
        <Badge item={counted} />
      </span>
      <span class="what faint">
        {[model, firmware, device.transport, device.simulated && 'simulated']
          .filter(Boolean)
          .join(' · ')}
      </span>
      {latest.slice(0, metricsShown).map(({ metric, value, unit }) => (
        <span class="reading" key={metric}>
          <span>{metricName(metric)}</span>
          <Spark values={values.of(`${id} ${metric}`)} label={`${metricName(metric)} of ${id}`} />
          <span class="number">{quantity(value, unit)}</span>
        </span>
      ))}
      {latest.length === 0 && <span class="faint">no values yet</span>}
      <span class="counted faint">
        {count(device.accepted)} accepted
        {refused > 0 && <span class="bad">, {count(refused)} refused</span>}
        {lastAtMs !== undefined && ` · ${ago(lastAtMs, now)}`}
      </span>
    </a>
  )
}

const marks = { yes: '✓', no: '✗', unknown: '…' } as const
const words = { yes: 'counts', no: 'not counted', unknown: 'not known yet' } as const

function Badge({ item: { state, text } }: { item: CheckItem }) {
  return (
    <span class={`badge ${state}`} title={text}>
      <span aria-hidden="true">{marks[state]}</span> {words[state]}
    </span>
  )
}
