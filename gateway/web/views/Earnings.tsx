/** Closed epochs, what owners earned over time, and what went missing. */
import { useMemo } from 'preact/hooks'
import type { Earnings as Answer, EpochEarnings } from '../../ports/dashboard.js'
import { query } from '../data/api.js'
import { useModel } from '../data/store.js'
import { useAnswer } from '../data/useAnswer.js'
import { count, duration, ends, moment, tokens } from '../format.js'
import { Chart, type ChartData, type Span } from '../parts/Chart.js'
import { Facts } from '../parts/Facts.js'

const ownersListed = 50

/** `owner`: the one whose earnings the operator looks at. */
export function Earnings({ owner }: { owner: string | undefined }) {
  const { viewer, status } = useModel()
  const path = `/api/earnings?${query({ limit: 60, ...(owner !== undefined && { owner }) })}`
  const { value, error } = useAnswer<Answer>(path, 20_000)
  const data = useMemo(() => chartOf(value?.epochs ?? []), [value])
  if (value === undefined) return <p class="card">{error ?? 'Adding up.'}</p>
  const { epochs, owners } = value
  const isOwner = viewer?.role === 'owner'
  return (
    <>
      <div class="heading">
        <h2>{isOwner ? 'Your earnings' : 'Earnings'}</h2>
        {owner !== undefined && !isOwner && (
          <>
            <span class="mono wrap">of {owner}</span>
            <a href="#/earnings">of all</a>
          </>
        )}
        {status && (
          <span class="faint">
            Epoch {status.epoch.n} is open until {moment(status.epoch.to * 1000)}
          </span>
        )}
      </div>
      {epochs.length === 0 ? (
        <p class="card">
          No epoch is closed yet. The first statement comes at the end of this one.
        </p>
      ) : (
        <div class="stack">
          <section class="card" aria-label="Earnings over time">
            <h3>Paid by epoch{isOwner && ' to you'}</h3>
            <Chart
              data={data}
              unit="tokens"
              label="Tokens paid by epoch"
              height={220}
              span={spanOf(epochs)}
            />
          </section>
          <div class="columns">
            <EpochTable epochs={epochs} />
            <aside>
              <Losses epochs={epochs} />
              {!isOwner && <Owners owners={owners} />}
            </aside>
          </div>
        </div>
      )}
    </>
  )
}

/** Tokens: a chart needs no more digits than its pixels. */
function chartOf(epochs: readonly EpochEarnings[]): ChartData {
  const values = epochs.map(({ paid }) => Number(paid) / 1e18)
  return {
    times: epochs.map(({ from, to }) => (from + to) / 2),
    lines: [{ label: 'paid', kind: 'bars', values }],
  }
}

/** Room for some epochs more than there are: one alone is no bar across the page. */
const epochsShownMin = 10

function spanOf(epochs: readonly EpochEarnings[]): Span {
  const first = epochs[0]!
  const last = epochs.at(-1)!
  const length = (last.to - first.from) / epochs.length
  return { from: Math.min(first.from, last.to - epochsShownMin * length), to: last.to }
}

function EpochTable({ epochs }: { epochs: readonly EpochEarnings[] }) {
  return (
    <section class="card" aria-label="Epochs">
      <h3>Epochs and their statements</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of epochs">
        <table id="epochs">
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              <th scope="col">Until</th>
              <th scope="col">Paid</th>
              <th scope="col">Devices</th>
              <th scope="col">Readings</th>
              <th scope="col">Statement</th>
            </tr>
          </thead>
          <tbody>
            {[...epochs].reverse().map((epoch) => (
              <tr key={epoch.n}>
                <td>{epoch.n}</td>
                <td title={`lasted ${duration(epoch.to - epoch.from)}`}>
                  {moment(epoch.to * 1000)}
                </td>
                <td class="number">{tokens(epoch.paid)}</td>
                <td class="number">{count(epoch.devices)}</td>
                <td class="number">
                  {count(epoch.accepted)} of {count(epoch.expected)}
                </td>
                <td>
                  <a href={`/epochs/${epoch.n}/contributions.ndjson`}>rows</a>{' '}
                  <a href={`/epochs/${epoch.n}.json`}>record</a>{' '}
                  <a href={`/epochs/${epoch.n}/rewards.json`}>claims</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const flags: Readonly<Record<string, string>> = {
  spike: 'values that jumped',
  flat: 'values that stood still',
  near: 'values unlike the neighbours’',
}

/** What lowered weights in these epochs; what each cost one device is on its page. */
function Losses({ epochs }: { epochs: readonly EpochEarnings[] }) {
  const rows = lossesOf(epochs)
  return (
    <section aria-label="Reasons for losses">
      <h2>Reasons for losses</h2>
      <Facts
        facts={rows.map(([reason, n]) => ({ label: reason, value: count(n) }))}
        none="Nothing went missing."
      />
    </section>
  )
}

function lossesOf(epochs: readonly EpochEarnings[]): [string, number][] {
  const sums = new Map<string, number>()
  const add = (reason: string, n: number): void => {
    if (n > 0) sums.set(reason, (sums.get(reason) ?? 0) + n)
  }
  for (const { accepted, expected, late, reasons } of epochs) {
    add('readings that did not come', expected - accepted)
    add('readings that came late', late)
    for (const [reason, n] of Object.entries(reasons)) add(flags[reason] ?? `refused: ${reason}`, n)
  }
  return [...sums].sort((a, b) => b[1] - a[1])
}

function Owners({ owners }: { owners: Answer['owners'] }) {
  return (
    <section aria-label="Owners">
      <h2>Owners</h2>
      <Facts
        id="owners"
        facts={owners.slice(0, ownersListed).map(({ owner, paid, devices }) => ({
          label: <a href={`#/earnings/${owner}`}>{ends(owner)}</a>,
          value: `${tokens(paid)}, ${count(devices)} ${devices === 1 ? 'device' : 'devices'}`,
        }))}
        none="none yet"
      />
      {owners.length > ownersListed && (
        <p class="faint small">and {count(owners.length - ownersListed)} more</p>
      )}
    </section>
  )
}
