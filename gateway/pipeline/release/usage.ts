/** Sales > the devices that are paid for them (PROTOCOL 6.5): those whose readings are in a row. */
import { assert, Failure } from '../../core/failure.js'
import { ownersOf, ownersOfBits } from '../../core/privacy/roster.js'
import { formatRowKey } from '../../core/privacy/rowKey.js'
import { dayOf } from '../../core/privacy/windows.js'
import type { Sale } from '../../core/rewards/usage.js'
import type { IndexedRow, RowIndex } from '../../ports/releaseStore.js'
import type { SoldRows } from '../../ports/sales.js'
import type { Rosters } from './rosters.js'
import { recordOf } from './rows.js'

/** One sale for each row, with what all buyers paid for it together. */
export async function salesOf(
  index: RowIndex,
  rosters: Pick<Rosters, 'of'>,
  sold: AsyncIterable<SoldRows>,
): Promise<Sale[]> {
  const credits = new Map<string, { row: IndexedRow; paid: number }>()
  for await (const charge of sold) {
    const rows = await pricedRows(index, charge)
    for (const row of rows) {
      const key = formatRowKey(row)
      const paid = credits.get(key)?.paid ?? 0
      credits.set(key, { row, paid: paid + charge.price })
    }
  }
  const sales: Sale[] = []
  for (const { row, paid } of credits.values())
    sales.push({ credits: paid, owners: await payeesOf(rosters, row) })
  return sales
}

async function pricedRows(index: RowIndex, charge: SoldRows): Promise<IndexedRow[]> {
  const { metric, cell, step, first, last } = charge
  const rows = await index.range({ metric, cell, step }, first, last + 1, Number.POSITIVE_INFINITY)
  const priced = rows.filter(({ text }) => recordOf(text).row.class !== 'withheld')
  if (priced.length === charge.rows) return priced
  throw new Failure(
    'data',
    `a charge was for ${charge.rows} rows of ${metric} in ${cell}, ${priced.length} are in ` +
      'releases/: it and credits/ are not of one time; restore both from one backup',
  )
}

async function payeesOf(rosters: Pick<Rosters, 'of'>, row: IndexedRow): Promise<Sale['owners']> {
  const record = recordOf(row.text)
  const roster = await rosters.of(dayOf(row.t), row.metric)
  const node = roster.nodes.find(({ cell }) => cell === row.cell)
  assert(node !== undefined, `the roster of ${formatRowKey(row)} has its node`)
  // Who contributed to a personal row is secret: all of its roster are paid alike.
  const owners =
    record.row.class === 'differentially-private' ? ownersOf(node) : ownersOfBits(node, record.who)
  assert(owners !== undefined && owners.length > 0, `${formatRowKey(row)} names who is in it`)
  return owners
}
