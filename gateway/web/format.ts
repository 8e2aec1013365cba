/** Numbers and times for people. */
import { metricTable } from '../core/metrics.gen.js'

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' })

export function count(n: number): string {
  return n < 1e6 ? counts.format(n) : short.format(n)
}

export function rate(n: number): string {
  return n < 10 ? n.toFixed(1) : counts.format(n)
}

/** `12 s ago`, `3 min ago`. */
export function ago(ms: number, now: number): string {
  return `${duration(Math.max(0, Math.round((now - ms) / 1000)))} ago`
}

/** `90 s`, `3 min`, `12 h`, `5 d`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86400)} d`
}

/** Time of day, local. */
export function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}

const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** Day and time, local. */
export function moment(ms: number): string {
  return moments.format(ms)
}

/** The ends of a long text. */
export function ends(text: string): string {
  return text.length > 16 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text
}

const units: Readonly<Record<string, string>> = { Cel: '°C', '%RH': '%', 'ug/m3': 'µg/m³' }

/** A value and its unit as weather reports write them: pressure in hPa. */
export function shownUnit(unit: string): { factor: number; name: string } {
  return unit === 'Pa' ? { factor: 0.01, name: 'hPa' } : { factor: 1, name: units[unit] ?? unit }
}

/** Decimals of each unit's grid, as it is shown: metrics with one unit have one grid. */
const grids = new Map(
  metricTable.map(({ unit, decimals }) => [unit as string, unit === 'Pa' ? 2 : decimals]),
)

/** Always as many decimals as the metric has: `9.0 °C` beside `3.7 °C`. */
export function quantity(value: number, unit: string): string {
  return `${amount(value, unit)}\u00a0${shownUnit(unit).name}`
}

/** The number alone, as `quantity` writes it; a zero has no sign. */
export function amount(value: number, unit: string): string {
  const shown = value * shownUnit(unit).factor
  const decimals = grids.get(unit)
  if (decimals === undefined) return String(Math.round(shown * 100) / 100)
  return shown.toFixed(decimals).replace(/^-(?=[0.]+$)/, '')
}

/** `pm25` and `wind_speed` as people write them. */
export function metricName(metric: string): string {
  const particles = /^pm(1|25|10)$/.exec(metric)?.[1]
  if (particles !== undefined) return `PM${particles === '25' ? '2.5' : particles}`
  if (metric === 'co2') return 'CO₂'
  return metric.replace('_', ' ')
}

/** Base units (10^-18) as tokens, four decimals at most; exact amounts are in the statements. */
export function tokens(baseUnits: string): string {
  const padded = baseUnits.padStart(19, '0')
  const whole = counts.format(BigInt(padded.slice(0, -18)))
  const decimals = padded.slice(-18, -14).replace(/0+$/, '')
  if (decimals === '' && whole === '0' && /[1-9]/.test(padded)) return '< 0.0001'
  return decimals === '' ? whole : `${whole}.${decimals}`
}
