/**
 * A chart over time with zoom: drag over a span or use the buttons, both reach what a keyboard and a
 * finger reach. Whoever draws it fetches what the span in view needs.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'

export interface Line {
  label: string
  values: readonly (number | null)[]
  kind: 'line' | 'edge' | 'bars'
}

export interface ChartData {
  /** Unix seconds, ascending. */
  times: readonly number[]
  lines: readonly Line[]
}

export interface Span {
  from: number
  to: number
}

interface Props {
  data: ChartData
  /** What the values are in: `°C`. */
  unit: string
  label: string
  height?: number
  span?: Span
  onZoom?(span: Span): void
}

export function Chart({ data, unit, label, height = 260, span, onZoom }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const zoom = useRef(onZoom)
  zoom.current = onZoom
  const theme = useTheme()
  const shape = data.lines.map(({ label, kind }) => `${label} ${kind}`).join()
  useEffect(() => {
    if (box.current === null) return
    const made = new uPlot(
      options(data, unit, box.current.clientWidth, height, (span) => zoom.current?.(span)),
      aligned(data),
      box.current,
    )
    chart.current = made
    const resize = new ResizeObserver(([entry]) => {
      if (entry) made.setSize({ width: entry.contentRect.width, height })
    })
    resize.observe(box.current)
    return () => {
      resize.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [shape, unit, theme, height])
  useEffect(() => {
    chart.current?.setData(aligned(data), span === undefined)
    if (span) chart.current?.setScale('x', { min: span.from, max: span.to })
  }, [data, span?.from, span?.to, shape, unit, theme])
  return <div class="chart" ref={box} role="img" aria-label={`${label}. ${inWords(data, unit)}`} />
}

function aligned({ times, lines }: ChartData): uPlot.AlignedData {
  return [times as number[], ...lines.map(({ values }) => values as (number | null)[])]
}

/** For who does not see the chart: its ends, lowest and highest. */
function inWords({ times, lines }: ChartData, unit: string): string {
  const values = (lines[0]?.values ?? []).filter((value) => value !== null)
  if (values.length === 0) return 'No values.'
  const round = (value: number): string => `${Math.round(value * 100) / 100} ${unit}`
  let [low, high] = [values[0]!, values[0]!]
  for (const line of lines)
    for (const value of line.values) {
      if (value === null) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  return `${times.length} steps, lowest ${round(low)}, highest ${round(high)}, last ${round(values.at(-1)!)}.`
}

/** The colours of the page as it is now; a chart is painted, and does not follow them by itself. */
function useTheme(): string {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const [theme, setTheme] = useState(dark.matches ? 'dark' : 'light')
  useEffect(() => {
    const change = (): void => setTheme(dark.matches ? 'dark' : 'light')
    dark.addEventListener('change', change)
    return () => dark.removeEventListener('change', change)
  }, [])
  return theme
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function options(
  { lines }: ChartData,
  unit: string,
  width: number,
  height: number,
  onZoom: (span: Span) => void,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--faint'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  }
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false } },
    legend: { show: lines.length > 0 },
    scales: { y: { range: (_, low, high) => padded(low, high, lines) } },
    series: [{ value: '{YYYY}-{MM}-{DD} {HH}:{mm}' }, ...lines.map((line) => seriesOf(line, unit))],
    axes: [
      { ...axis, values: timesShown },
      {
        ...axis,
        size: (_, ticks) =>
          24 + digitPx * Math.max(4, ...(ticks ?? []).map(({ length }) => length)),
        values: (_, ticks) => ticks.map((tick) => short(tick)),
      },
    ],
    ...bandsOf(lines),
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select
          if (width < 8) return
          const span = { from: chart.posToVal(left, 'x'), to: chart.posToVal(left + width, 'x') }
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          onZoom({ from: Math.floor(span.from), to: Math.ceil(span.to) })
        },
      ],
    },
  }
}

/** Width of a digit in the axes' font, with room. */
const digitPx = 8

/** uPlot's table of steps: from this many seconds on, how a tick is written, and what a new day adds. */
const timesShown: uPlot.Axis.Values = [
  [86_400 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
]

/** Bars stand on zero; a line has room above and below. */
function padded(low: number | null, high: number | null, lines: readonly Line[]): [number, number] {
  if (low === null || high === null) return [0, 1]
  if (lines.some(({ kind }) => kind === 'bars')) return [Math.min(0, low), high * 1.08 || 1]
  const room = (high - low) * 0.08 || Math.abs(high) * 0.02 || 1
  return [low - room, high + room]
}

function seriesOf({ label, kind }: Line, unit: string): uPlot.Series {
  const value = (_: uPlot, at: number | null): string =>
    at === null ? '–' : `${Math.round(at * 100) / 100} ${unit}`
  const accent = colour('--accent')
  if (kind === 'bars')
    return {
      label,
      value,
      fill: accent,
      stroke: accent,
      points: { show: false },
      paths: uPlot.paths.bars!({ size: [0.7, 48] }),
    }
  if (kind === 'edge') return { label, value, stroke: 'transparent', points: { show: false } }
  return { label, value, stroke: accent, width: 1.75, spanGaps: false, points: { size: 4 } }
}

/** Two edges in a row are the sides of a band. */
function bandsOf(lines: readonly Line[]): Pick<uPlot.Options, 'bands'> {
  const first = lines.findIndex(({ kind }) => kind === 'edge')
  if (first < 0) return {}
  return { bands: [{ series: [first + 1, first + 2], fill: colour('--accent-band') }] }
}

function short(value: number): string {
  return Math.abs(value) >= 10_000 ? `${value / 1000}k` : String(value)
}
