/** Numbers and times for people. */

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' })

export function count(n) {
  return n < 1e6 ? counts.format(n) : short.format(n)
}

export function rate(n) {
  return n < 10 ? n.toFixed(1) : counts.format(n)
}

/** `12 s ago`, `3 min ago`. */
export function ago(ms, now) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86400)} d ago`
}

/** Time of day, local. */
export function clock(ms) {
  return new Date(ms).toTimeString().slice(0, 8)
}

/** The ends of a long text. */
export function ends(text) {
  return text.length > 16 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text
}

const units = { Cel: '°C', '%RH': '%', 'ug/m3': 'µg/m³' }

/** A value with its unit, as weather reports write it: pressure in hPa. */
export function quantity(value, unit) {
  const [shown, name] = unit === 'Pa' ? [value / 100, 'hPa'] : [value, units[unit] ?? unit]
  return `${Math.round(shown * 100) / 100}\u00a0${name}`
}
