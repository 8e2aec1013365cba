/**
 * Picks a cell: by what this machine knows of its place, by coordinates, by a cell's name, and then
 * by a look at the cells around. Coordinates go to this gateway alone, and it keeps the cell only.
 */
import { useState } from 'preact/hooks'
import type { CellShape } from '../../ports/dashboard.js'
import { getJson, query } from '../data/api.js'
import { useModel } from '../data/store.js'
import { HexMap } from './HexMap.js'

const rings = 2

export function PlacePicker({ cell, choose }: { cell: string; choose(cell: string): void }) {
  const { devices } = useModel()
  const [around, setAround] = useState<CellShape[]>([])
  const [text, setText] = useState(cell)
  const [error, setError] = useState('')
  const homes = new Set([...devices.values()].flatMap((device) => device.cell ?? []))

  const look = async (path: string): Promise<void> => {
    try {
      const shapes = await getJson<CellShape[]>(`/api/places?${path}`)
      setAround(shapes)
      setError('')
      const [first] = shapes
      if (first) take(first.cell)
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : '')
    }
  }
  const take = (wanted: string): void => {
    setText(wanted)
    choose(wanted)
  }
  const find = (): void => {
    const place = /^\s*(-?\d+(?:\.\d+)?)[\s,;]+(-?\d+(?:\.\d+)?)\s*$/.exec(text)
    if (place) void look(query({ latitude: place[1]!, longitude: place[2]!, rings }))
    else void look(query({ cell: text.trim(), rings }))
  }
  const locate = (): void => {
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) =>
        void look(query({ latitude: latitude.toFixed(6), longitude: longitude.toFixed(6), rings })),
      () => setError('This browser does not say where it is; give coordinates instead.'),
    )
  }
  return (
    <div class="place">
      <div class="row">
        <input
          name="place"
          class="mono"
          aria-label="Coordinates, or an H3 cell"
          placeholder="52.5200, 13.4050 or 871f1d489ffffff"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            find()
          }}
        />
        <button type="button" onClick={find}>
          Find
        </button>
        <button type="button" class="quiet" onClick={locate}>
          Where I am
        </button>
      </div>
      {homes.size > 0 && (
        <label class="field small">
          Or beside another device
          <select
            aria-label="Cell of another device"
            onChange={({ currentTarget: { value } }) =>
              value !== '' && void look(query({ cell: value, rings }))
            }
          >
            <option value="">choose a cell</option>
            {[...homes].slice(0, 100).map((home) => (
              <option key={home} value={home}>
                {home}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="bad" role="alert">
        {error}
      </p>
      {around.length > 0 && (
        <HexMap
          cells={around.map(({ cell: each, outline }) => ({
            cell: each,
            outline,
            tone: homes.has(each) ? 'q3' : 'free',
            label: homes.has(each) ? `${each}, has devices` : each,
          }))}
          selected={cell}
          label="Cells around the place; choose one"
          select={take}
        />
      )}
      <p class="small faint" id="chosen">
        {cell === ''
          ? 'No cell is chosen yet.'
          : `Chosen: ${cell}, about 5 km². Only this is kept.`}
      </p>
    </div>
  )
}
