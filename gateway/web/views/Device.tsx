/** One device: whether it counts and why, its values, its earnings, and the proof of a reading. */
import { useEffect, useState } from 'preact/hooks'
import type { DeviceEarnings } from '../../ports/dashboard.js'
import type { DeviceView } from '../../ports/operations.js'
import type { Bucket } from '../../ports/series.js'
import { query } from '../data/api.js'
import { type CheckItem, checklist } from '../data/checklist.js'
import type { Live } from '../data/live.js'
import { useModel } from '../data/store.js'
import { useAnswer } from '../data/useAnswer.js'
import { count, metricName, moment, quantity, shownUnit, tokens } from '../format.js'
import { withGaps } from '../gaps.js'
import { Chart, type ChartData } from '../parts/Chart.js'
import { Facts } from '../parts/Facts.js'
import { Proof } from '../parts/Proof.js'
import { RangeBar, useRange } from '../parts/RangeBar.js'
import { StateButtons } from '../parts/StateButtons.js'

export function Device({ id, live }: { id: string; live: Live }) {
  const { devices, isLoaded, status, viewer } = useModel()
  const device = devices.get(id)
  if (device === undefined)
    return (
      <p class="card">{isLoaded ? `There is no device ${id} here.` : 'Asking for the device.'}</p>
    )
  return (
    <>
      <div class="heading title">
        <a href="#/devices">Devices</a>
        <h2 class="mono">{id}</h2>
        <span class="faint">
          {device.model} {device.firmware}
        </span>
        <span class="grow" />
        {viewer?.role === 'operator' && <StateButtons device={device} live={live} />}
      </div>
      <div class="columns wide">
        <div class="stack">
          <Proof device={device} />
          <History device={device} />
          <Earned id={id} />
        </div>
        <aside>
          <Checklist items={checklist(device, Date.now(), status?.epoch.n)} />
          <Latest device={device} />
          <Refused device={device} />
        </aside>
      </div>
    </>
  )
}

const marks = { yes: '✓', no: '✗', unknown: '…' } as const

function Checklist({ items }: { items: readonly CheckItem[] }) {
  return (
    <section aria-label="Checklist">
      <h2>Checklist</h2>
      <ul id="checklist" class="card checklist">
        {items.map(({ name, label, state, text }) => (
          <li key={name} class={state} data-check={name}>
            <span class="mark" role="img" aria-label={state}>
              {marks[state]}
            </span>
            <span class="title">{label}</span>
            <span class="detail">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Latest({ device: { latest } }: { device: DeviceView }) {
  return (
    <section aria-label="Newest values">
      <h2>Newest values</h2>
      <Facts
        facts={latest.map(({ metric, value, unit }) => ({
          label: metricName(metric),
          value: quantity(value, unit),
        }))}
        none="none yet"
      />
    </section>
  )
}

function Refused({ device: { refused, accepted } }: { device: DeviceView }) {
  const rows = Object.entries(refused).filter(([, n]) => n > 0)
  return (
    <section aria-label="Messages">
      <h2>Messages</h2>
      <Facts
        facts={[
          { label: 'accepted', value: count(accepted) },
          ...rows.map(([reason, n]) => ({
            label: reason,
            value: `${count(n)} refused`,
            isBad: true,
          })),
        ]}
        none=""
      />
    </section>
  )
}

/** Points that a chart shows at most: more than its pixels help nobody. */
const stepsMax = 600
const steps = [1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 10_800, 21_600, 86_400]

/** Shown at first: an hour, or less of a device that measures every few seconds. */
const intervalsAtFirst = 225

function History({ device: { device, latest, intervalSec = 60 } }: { device: DeviceView }) {
  const [metric, setMetric] = useState(latest[0]?.metric)
  const [range, setRange] = useRange(intervalSec * intervalsAtFirst < 3_600 ? 900 : 3_600)
  const first = latest[0]?.metric
  useEffect(() => setMetric((before) => before ?? first), [first])
  const { from, to } = range.span
  const step = steps.find((each) => (to - from) / each <= stepsMax) ?? 86_400
  const path = metric && `/api/devices/${device}/buckets?${query({ metric, from, to, step })}`
  const { value: buckets, error } = useAnswer<Bucket[]>(path)
  if (metric === undefined) return null
  const unit = shownUnit(latest.find((each) => each.metric === metric)?.unit ?? '')
  return (
    <section aria-label="History" class="card">
      <div class="heading">
        <h2>History</h2>
        <span class="grow" />
        <select
          aria-label="Metric"
          onChange={({ currentTarget }) => setMetric(currentTarget.value)}
        >
          {latest.map((each) => (
            <option key={each.metric} value={each.metric} selected={each.metric === metric}>
              {metricName(each.metric)}
            </option>
          ))}
        </select>
      </div>
      <RangeBar range={range} change={setRange} />
      <Chart
        data={chartOf(buckets ?? [], unit.factor, gapIntervals * Math.max(step, intervalSec))}
        unit={unit.name}
        label={`${metricName(metric)} of ${device}`}
        span={range.span}
        onZoom={(span) => setRange({ last: undefined, span })}
      />
      <p class="faint small">
        {error ?? 'Mean, and the lowest and highest of each step. Drag over a stretch to zoom.'}
      </p>
    </section>
  )
}

/** Intervals without a reading after which a line breaks. */
const gapIntervals = 4

function chartOf(buckets: readonly Bucket[], factor: number, mostSec: number): ChartData {
  const points = withGaps(buckets, mostSec)
  const values = (of: (bucket: Bucket) => number): (number | null)[] =>
    points.map(({ point }) => (point === undefined ? null : of(point) * factor))
  return {
    times: points.map(({ time }) => time),
    lines: [
      { label: 'mean', kind: 'line', values: values(({ mean }) => mean) },
      { label: 'highest', kind: 'edge', values: values(({ max }) => max) },
      { label: 'lowest', kind: 'edge', values: values(({ min }) => min) },
    ],
  }
}

/** Of schemas/contribution.md, in words. */
const why: Readonly<Record<string, string>> = {
  uptime: 'stretches with too few messages',
  spike: 'values that jumped',
  flat: 'values that stood still',
  near: 'values unlike those of the neighbours',
  crowding: 'more than ten owners in the cell',
  simulated: 'simulated devices earn the test token only',
  cap: 'the most that one device can get',
  together: 'several of these at once',
}

function Earned({ id }: { id: string }) {
  const { value } = useAnswer<DeviceEarnings[]>(`/api/devices/${id}/earnings?limit=14`, 30_000)
  const epochs = [...(value ?? [])].reverse()
  return (
    <section aria-label="Earnings" class="card">
      <h2>Earnings by epoch</h2>
      {epochs.length === 0 && (
        <p class="faint">{value ? 'No epoch with this device is closed yet.' : 'Adding up.'}</p>
      )}
      {epochs.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of epochs">
          <table id="earned">
            <thead>
              <tr>
                <th scope="col">Epoch</th>
                <th scope="col">Until</th>
                <th scope="col">Paid</th>
                <th scope="col">Readings</th>
                <th scope="col">What it lost, and why</th>
              </tr>
            </thead>
            <tbody>
              {epochs.map((epoch) => (
                <tr key={epoch.n}>
                  <td>{epoch.n}</td>
                  <td>{moment(epoch.to * 1000)}</td>
                  <td class="number">{tokens(epoch.paid)}</td>
                  <td class="number">
                    {count(epoch.accepted)} of {count(epoch.expected)}
                    {epoch.late > 0 && `, ${count(epoch.late)} late`}
                  </td>
                  <td>{losses(epoch)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function losses({ costs, accepted }: DeviceEarnings): string {
  const rows = Object.entries(costs).filter(
    ([reason, cost]) => reason !== 'total' && !cost.startsWith('-'),
  )
  if (rows.length === 0) return accepted === 0 ? 'no reading came' : 'nothing'
  return rows.map(([reason, cost]) => `${tokens(cost)}: ${why[reason] ?? reason}`).join('; ')
}
