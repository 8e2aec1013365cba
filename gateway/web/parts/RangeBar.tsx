/** Which stretch of time a chart shows: the last so much, a stretch somebody picked, closer and wider. */
import { useEffect, useState } from 'preact/hooks'
import type { Span } from './Chart.js'

export interface Range {
  /** Seconds before now, or a stretch that stands still. */
  last: number | undefined
  span: Span
}

const lasts = [
  [900, '15 min'],
  [3_600, '1 h'],
  [86_400, '24 h'],
  [7 * 86_400, '7 d'],
  [30 * 86_400, '30 d'],
] as const

export function lastSeconds(last: number): Range {
  const to = Math.ceil(Date.now() / 1000)
  return { last, span: { from: to - last, to } }
}

/** The stretch that is shown; one that ends now moves on. */
export function useRange(first: number): [Range, (range: Range) => void] {
  const [range, setRange] = useState<Range>(() => lastSeconds(first))
  const { last } = range
  useEffect(() => {
    if (last === undefined) return
    const timer = setInterval(() => setRange(lastSeconds(last)), Math.max(5_000, last * 2))
    return () => clearInterval(timer)
  }, [last])
  return [range, setRange]
}

export function RangeBar({ range, change }: { range: Range; change(range: Range): void }) {
  const { from, to } = range.span
  const middle = (from + to) / 2
  const scale = (factor: number): void => {
    // One that ends now still does, or new rows would fall out of it.
    if (range.last !== undefined) {
      change(lastSeconds(Math.max(120, range.last * factor)))
      return
    }
    const half = Math.max(60, ((to - from) / 2) * factor)
    const end = Math.min(Math.ceil(middle + half), Math.ceil(Date.now() / 1000))
    change({ last: undefined, span: { from: Math.max(0, Math.floor(middle - half)), to: end } })
  }
  const move = (part: number): void => {
    const by = Math.round((to - from) * part)
    change({ last: undefined, span: { from: Math.max(0, from + by), to: to + by } })
  }
  return (
    <div class="rangebar" role="group" aria-label="Time shown">
      {lasts.map(([seconds, text]) => (
        <button
          key={text}
          type="button"
          class="quiet"
          aria-pressed={range.last === seconds}
          onClick={() => change(lastSeconds(seconds))}
        >
          {text}
        </button>
      ))}
      <span class="grow" />
      <button type="button" class="quiet" aria-label="Earlier" onClick={() => move(-0.5)}>
        ←
      </button>
      <button type="button" class="quiet" aria-label="Zoom out" onClick={() => scale(2)}>
        −
      </button>
      <button type="button" class="quiet" aria-label="Zoom in" onClick={() => scale(0.5)}>
        +
      </button>
      <button type="button" class="quiet" aria-label="Later" onClick={() => move(0.5)}>
        →
      </button>
    </div>
  )
}
