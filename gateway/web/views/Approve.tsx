/** Lets a board in: whose it is, where it stands, and what of it may be sold. */
import { useState } from 'preact/hooks'
import { type MetricName, metricByName } from '../../core/metric.js'
import type { Approval, DeviceView } from '../../ports/operations.js'
import { post } from '../data/api.js'
import type { Live } from '../data/live.js'
import { useModel } from '../data/store.js'
import { metricName } from '../format.js'
import { PlacePicker } from '../parts/PlacePicker.js'

export function Approve({ id, live }: { id: string; live: Live }) {
  const { devices, isLoaded } = useModel()
  const device = devices.get(id)
  if (device === undefined)
    return <p class="card">{isLoaded ? `${id} does not wait here.` : 'Asking for the device.'}</p>
  if (device.state !== 'pending')
    return (
      <div class="card notice good" id="approved">
        <h2>
          <span aria-hidden="true">✓</span> <span class="mono">{id}</span> is {device.state}
        </h2>
        <p>Its next reading counts.</p>
        <a class="button" href={`#/device/${id}`}>
          See its readings
        </a>
      </div>
    )
  const owners = [...new Set([...devices.values()].flatMap(({ owner }) => owner ?? []))]
  return <Form device={device} owners={owners} live={live} />
}

interface Choice {
  owner: string
  cell: string
  placement: 'outdoor' | 'indoor'
  intervalSec: number
  sold: readonly string[]
  resolution: number
}

function Form(props: { device: DeviceView; owners: readonly string[]; live: Live }) {
  const { device, owners, live } = props
  const sellable = device.metrics.filter((name) => metricByName(name)?.class !== 'none')
  const [choice, setChoice] = useState<Choice>({
    owner: device.owner ?? '',
    cell: device.cell ?? '',
    placement: 'outdoor',
    intervalSec: 60,
    sold: device.soldMetrics ?? sellable,
    resolution: device.soldResolution ?? 7,
  })
  const [state, setState] = useState({ busy: false, error: '' })
  const change = (more: Partial<Choice>): void => {
    setChoice((before) => ({ ...before, ...more }))
    setState({ busy: false, error: '' })
  }
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (choice.cell === '') return setState({ busy: false, error: 'Choose a place on the map.' })
    setState({ busy: true, error: '' })
    const refusal = await approve(device.device, choice)
    setState({ busy: false, error: refusal ?? '' })
    await live.refresh()
  }
  return (
    <form id="approve" class="stack" onSubmit={(event) => void submit(event)}>
      <div class="heading title">
        <a href="#/devices">Devices</a>
        <h2>
          Approve <span class="mono">{device.device}</span>
        </h2>
        <span class="faint">
          {device.model} {device.firmware}
        </span>
      </div>
      <fieldset class="card">
        <legend>Owner</legend>
        <label class="field">
          Address that earns
          <input
            name="owner"
            class="mono"
            required
            pattern="0x[0-9a-fA-F]{40}"
            placeholder="0x…"
            spellcheck={false}
            autocomplete="off"
            list="owners"
            value={choice.owner}
            onInput={({ currentTarget }) => change({ owner: currentTarget.value.trim() })}
          />
        </label>
        <datalist id="owners">
          {owners.map((owner) => (
            <option key={owner} value={owner} />
          ))}
        </datalist>
      </fieldset>
      <fieldset class="card">
        <legend>Place</legend>
        <PlacePicker cell={choice.cell} choose={(cell) => change({ cell })} />
        <label class="field">
          It stands
          <select
            name="placement"
            onChange={({ currentTarget: { value } }) =>
              change({ placement: value === 'indoor' ? 'indoor' : 'outdoor' })
            }
          >
            <option value="outdoor">outdoors</option>
            <option value="indoor">indoors: not compared with neighbours</option>
          </select>
        </label>
      </fieldset>
      <Sold sellable={sellable} choice={choice} change={change} />
      <p class="bad" role="alert">
        {state.error}
      </p>
      <div class="row">
        <button type="submit" disabled={state.busy}>
          Approve
        </button>
        <a href="#/">Later</a>
      </div>
    </form>
  )
}

function Sold(props: {
  sellable: readonly string[]
  choice: Choice
  change(more: Partial<Choice>): void
}) {
  const { sellable, choice, change } = props
  const turn = (name: string, isOn: boolean): void =>
    change({ sold: sellable.filter((one) => (one === name ? isOn : choice.sold.includes(one))) })
  return (
    <fieldset class="card">
      <legend>What may be sold</legend>
      <p class="faint small">
        Only aggregates over several owners ever leave this gateway, never the device’s own values.
      </p>
      <div class="checks">
        {sellable.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              name="sold"
              value={name}
              checked={choice.sold.includes(name)}
              onChange={({ currentTarget }) => turn(name, currentTarget.checked)}
            />{' '}
            {metricName(name)}
          </label>
        ))}
      </div>
      <div class="pair">
        <label class="field">
          Finest cell that names it
          <select
            name="resolution"
            onChange={({ currentTarget }) => change({ resolution: Number(currentTarget.value) })}
          >
            {resolutions.map(([resolution, words]) => (
              <option
                key={resolution}
                value={resolution}
                selected={resolution === choice.resolution}
              >
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Seconds between readings
          <input
            name="interval"
            type="number"
            min={1}
            max={86_400}
            value={choice.intervalSec}
            onInput={({ currentTarget }) => change({ intervalSec: Number(currentTarget.value) })}
          />
        </label>
      </div>
    </fieldset>
  )
}

/** H3 resolutions by what they are about as large as. */
const resolutions = [
  [7, '7: a quarter, 5 km²'],
  [6, '6: a town, 36 km²'],
  [5, '5: a county, 250 km²'],
  [4, '4: 1,800 km²'],
  [3, '3: 12,000 km²'],
] as const

/** Why not, where it was refused. */
async function approve(device: string, choice: Choice): Promise<string | undefined> {
  const { owner, cell, placement, intervalSec, sold, resolution } = choice
  const approval: Approval = {
    owner,
    cell,
    placement,
    intervalSec,
    soldMetrics: sold as MetricName[],
    soldResolution: resolution,
  }
  try {
    await post(`/api/devices/${device}/approve`, approval)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'The gateway gave no answer.'
  }
}
