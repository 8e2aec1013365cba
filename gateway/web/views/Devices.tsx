/** All devices: found by text and by how they stand. */
import { useState } from 'preact/hooks'
import type { DeviceView } from '../../ports/operations.js'
import { isCounted } from '../data/checklist.js'
import { useModel } from '../data/store.js'
import { count } from '../format.js'
import { DeviceCard } from '../parts/DeviceCard.js'
import { useHistory } from '../parts/useHistory.js'
import { VirtualGrid } from '../parts/VirtualGrid.js'

type Standing = 'all' | 'counted' | 'not' | 'waiting'

const standings: readonly (readonly [Standing, string])[] = [
  ['all', 'all'],
  ['counted', 'that count'],
  ['not', 'that do not count'],
  ['waiting', 'waiting for approval'],
]

/** Cards whose history is asked for at once. */
const historyMax = 24

export function Devices() {
  const { devices, values, isLoaded } = useModel()
  const [text, setText] = useState('')
  const [standing, setStanding] = useState<Standing>('all')
  const now = Date.now()
  const shown = [...devices.values()]
    .filter((device) => matches(device, text.trim().toLowerCase()) && stands(device, standing, now))
    .sort((a, b) => (a.device < b.device ? -1 : 1))
  const [visible, setVisible] = useState<ReadonlySet<string>>(new Set())
  useHistory(shown.filter(({ device }) => visible.has(device)).slice(0, historyMax))
  return (
    <section aria-label="Devices">
      <div class="heading">
        <h2>Devices</h2>
        <span class="faint" id="device-count" role="status">
          {count(shown.length)} of {count(devices.size)}
        </span>
        <span class="grow" />
        <select
          aria-label="Which devices"
          onChange={({ currentTarget }) => setStanding(currentTarget.value as Standing)}
        >
          {standings.map(([value, words]) => (
            <option key={value} value={value} selected={value === standing}>
              {words}
            </option>
          ))}
        </select>
        <input
          id="filter"
          type="search"
          placeholder="Id, owner, cell, model"
          aria-label="Filter devices"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </div>
      {shown.length === 0 && (
        <p class="faint">{isLoaded ? 'No device is like that.' : 'Asking for the devices.'}</p>
      )}
      <VirtualGrid
        items={shown}
        rowRem={14}
        columnRem={17}
        label="Devices"
        keyOf={({ device }) => device}
        draw={(device) => <DeviceCard device={device} values={values} />}
        inView={(items) => {
          const ids = items.map(({ device }) => device)
          if (ids.length !== visible.size || ids.some((id) => !visible.has(id)))
            setVisible(new Set(ids))
        }}
      />
    </section>
  )
}

function matches(
  { device, model, state, owner = '', cell = '' }: DeviceView,
  text: string,
): boolean {
  return text === '' || `${device} ${model} ${state} ${owner} ${cell}`.toLowerCase().includes(text)
}

function stands(device: DeviceView, standing: Standing, nowMs: number): boolean {
  if (standing === 'all') return true
  if (standing === 'waiting') return device.state === 'pending'
  return (isCounted(device, nowMs).state === 'yes') === (standing === 'counted')
}
