import { serialLogCharsMax } from '../../core/limits.js'

/** A terminal's colours, as ESP-IDF and Zephyr write them; `parseLine` has replaced the escape. */
const colour = /\ufffd\[[0-9;]*m/g

/**
 * A line of a board's own log as `parseLine` gives it, without colours, cut to `serialLogCharsMax`;
 * empty where much of it is no text, as at a wrong baud rate.
 */
export function shown(log: string): string {
  const text = log.replace(colour, '').replace(/\t/g, ' ').trimEnd()
  const odd = text.split('\ufffd').length - 1
  if (odd * 3 > text.length) return ''
  return text.length <= serialLogCharsMax ? text : `${text.slice(0, serialLogCharsMax - 1)}\u2026`
}
