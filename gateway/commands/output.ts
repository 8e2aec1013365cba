/** What commands print: JSON for programs, aligned columns and a little colour for people. */
import { stripControls } from '../adapters/system/text.js'

type Colour = 'green' | 'red' | 'yellow' | 'dim'

const codes: Readonly<Record<Colour, string>> = { green: '32', red: '31', yellow: '33', dim: '2' }

/** True where a stream is a terminal and nobody asked for none (https://no-color.org). */
export function usesColour(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

/** A text for standard output in a colour, where colours are shown. */
export function paint(colour: Colour, text: string): string {
  return usesColour(process.stdout) ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Progress, on standard error: standard output has the result alone. */
export function note(text: string): void {
  process.stderr.write(`${stripControls(text)}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Columns as wide as their widest cell. Cells may hold what a device said about itself. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const clean = rows.map((row) => row.map(stripControls))
  const widths = head.map((title, i) =>
    Math.max(title.length, ...clean.map((row) => (row[i] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  print(paint('dim', line(head)))
  for (const row of clean) print(line(row))
}

/** `label   value` lines. */
export function printPairs(pairs: readonly (readonly [string, string])[]): void {
  const width = Math.max(...pairs.map(([label]) => label.length))
  for (const [label, value] of pairs) print(`${label.padEnd(width)}  ${stripControls(value)}`)
}

/** `3 min ago`; empty where nothing ever happened. */
export function ago(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined) return ''
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86_400)} d ago`
}

/** `1.5 MB`, by thousands. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
