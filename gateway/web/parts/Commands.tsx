/** The same on the command line, ready to be copied. */
import type { CatalogItem } from '../../core/market/catalog.js'
import { formatInstant } from '../../core/time.js'
import { useModel } from '../data/store.js'
import type { Span } from './Chart.js'

interface Props {
  name: string
  item: CatalogItem
  cell: string
  span: Span | undefined
}

export function Commands({ name, item, cell, span }: Props) {
  const { gateway } = useModel()
  const url = `${location.origin.replace(/^http/, 'ws')}/mqtt`
  const where = `--url ${url} --network ${gateway?.network ?? ''} --buyer ${name}`
  const what = `--metric ${item.metric} --cells ${cell}`
  const lines = ['export FIELDPROOF_TOKEN=fp_...', `fieldproof query catalog ${where}`]
  if (span !== undefined) {
    const times = `--from ${formatInstant(span.from)} --to ${formatInstant(span.to)}`
    lines.push(
      `fieldproof query ${where} \\\n  ${what} ${times} -o answer.json`,
      'fieldproof verify answer.json',
    )
  }
  lines.push(`fieldproof query ${where} \\\n  --metric ${item.metric} --cells all --live`)
  return (
    <details id="commands">
      <summary>The same on the command line</summary>
      <pre tabIndex={0}>{lines.join('\n')}</pre>
    </details>
  )
}
