/**
 * Durations and instants as text. ISO 8601, whole seconds, UTC only: what configuration, requests
 * and log lines carry. Nothing here reads a clock.
 */

const durationForm = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?$/
const instantForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/

/**
 * Seconds of an ISO 8601 duration of days, hours, minutes and seconds (`PT15M`, `P1D`, `PT1M30S`).
 * `undefined` for anything else: years, months and weeks have no place where steps are exact.
 */
export function parseDuration(text: string): number | undefined {
  const parts = durationForm.exec(text)
  if (parts === null || text.endsWith('P') || text.endsWith('T')) return undefined
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  return days! * 86_400 + hours! * 3_600 + minutes! * 60 + seconds!
}

/** The shortest duration text of whole seconds, at least 0: 900 is `PT15M`, 86400 is `P1D`. */
export function formatDuration(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const rest: [number, string][] = [
    [Math.floor((seconds % 86_400) / 3_600), 'H'],
    [Math.floor((seconds % 3_600) / 60), 'M'],
    [seconds % 60, 'S'],
  ]
  const time = rest.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('')
  if (days === 0 && time === '') return 'PT0S'
  return `P${days > 0 ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`
}

/**
 * Unix seconds of `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, UTC, no fraction). `undefined` for another form
 * or a day that is in no calendar.
 */
export function parseInstant(text: string): number | undefined {
  const parts = instantForm.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number)
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; the comparison below refuses them.
  const unixMs = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!)
  return formatInstant(unixMs / 1_000) === text ? unixMs / 1_000 : undefined
}

/** `YYYY-MM-DDTHH:MM:SSZ` of whole Unix seconds in the years 0 to 9999. */
export function formatInstant(unixSec: number): string {
  return `${new Date(unixSec * 1_000).toISOString().slice(0, 19)}Z`
}
