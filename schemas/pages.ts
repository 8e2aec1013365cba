/**
 * The generated parts of the pages: tables between `<!-- generated: NAME -->` and
 * `<!-- end -->`. What stands around them is written by hand.
 */

/** A row of metrics.json. */
export interface MetricRow {
  name: string
  wire: string
  unit: string
  secondary: boolean
  min: number
  max: number
  decimals: number
  class: string
  spike: number | null
  near: number | null
  flat: boolean
}

/** A row of reasons.json. */
export interface ReasonRow {
  code: string
  retry: boolean
  meaning: string
}

/** The page with the text of one generated part replaced. A page without that part is a bug. */
export function withPart(page: string, name: string, text: string): string {
  const from = `<!-- generated: ${name} -->\n`
  const start = page.indexOf(from)
  const end = page.indexOf('<!-- end -->', start)
  if (start < 0 || end < 0) throw new Error(`the page has no part "${name}"`)
  return `${page.slice(0, start + from.length)}${text}${page.slice(end)}`
}

/** What a device sends and what is accepted. */
export function metricsTable(rows: readonly MetricRow[]): string {
  return table(
    ['metric', 'wire name', 'unit', 'needs bver 26', 'from', 'to'],
    rows.map((row) => [
      row.name,
      `\`${row.wire}\``,
      row.unit,
      row.secondary ? 'yes' : '',
      String(row.min),
      String(row.max),
    ]),
  )
}

/** What happens with it afterwards. */
export function releaseTable(rows: readonly MetricRow[]): string {
  return table(
    ['metric', 'class', 'decimals', 'spike', 'near', 'flat'],
    rows.map((row) => [
      row.name,
      row.class,
      String(row.decimals),
      row.spike === null ? '' : String(row.spike),
      row.near === null ? '' : String(row.near),
      row.flat ? 'yes' : '',
    ]),
  )
}

/** Reason codes in the order of judgement. */
export function reasonsTable(rows: readonly ReasonRow[]): string {
  return table(
    ['reason', 'send again', 'meaning'],
    rows.map((row) => [`\`${row.code}\``, row.retry ? 'yes' : 'no', row.meaning]),
  )
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return line(columns) + line(columns.map(() => '---')) + rows.map(line).join('')
}
