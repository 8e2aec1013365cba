import { serialLogCharsMax } from '../../core/limits.js'

/** A terminal's colours, as ESP-IDF and Zephyr write them; `parseLine` has replaced the escape. */
const colour = /\ufffd\[[0-9;]*m/g

/**
 * A line of a board's own log as it may be shown: without colours and invisible characters (a board
 * must not be able to reorder a person's screen), cut to `serialLogCharsMax`; empty where most of it
 * is no text, as at a wrong baud rate.
 */
export function shown(text: string): string {
  const clean = text.replace(colour, '').replace(/\t/g, ' ').replace(/\p{C}/gu, '\ufffd').trimEnd()
  const odd = clean.split('\ufffd').length - 1
  if (odd * 3 > clean.length) return ''
  return clean.length <= serialLogCharsMax
    ? clean
    : `${clean.slice(0, serialLogCharsMax - 1)}\u2026`
}
