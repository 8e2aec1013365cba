/**
 * A day of real sensors, released at k = 3, 5 and 10: every number again from the file, and the table
 * of schemas/aggregates.md. Where the recorded day does not lie beside the project, a synthetic one
 * stands in, and the table is worked out but compared with nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/gateway.js'
import { type IndependentRow, independentRows } from '../../support/independentDay.js'
import { findDay } from '../../support/recordedDay.js'
import {
  type KnownDay,
  type ReleasedMetric,
  readKnownDay,
  releaseDay,
  releaseTable,
} from '../../support/releasedDay.js'
import { projectRoot } from '../../support/root.js'

const day = findDay(temporaryFolder())
const isAberdeen = /aberdeen_2019-05-15/.test(day.path)
const steps = [900, 3_600]
const sizes = [3, 5, 10]

describe(`a day released (${day.title})`, () => {
  let known: KnownDay

  beforeAll(async () => {
    known = await readKnownDay(day.path)
  })

  it.each(sizes.flatMap((k) => steps.map((step) => ({ k, step }))))(
    'is what the file says, row by row: k $k, windows of $step s',
    ({ k, step }) => {
      for (const { metric, rows } of releaseDay(known, k, step)) {
        const again = independentRows(day, metric.name, k, step)
        expect(rows.map(seen).sort()).toEqual(again.map((row) => wanted(row, k)).sort())
      }
    },
  )

  it('is the table of the page', () => {
    const table = releaseTable(known)
    expect(table.length).toBeGreaterThanOrEqual(sizes.length)
    const page = readFileSync(join(projectRoot(), 'schemas/aggregates.md'), 'utf8')
    if (isAberdeen) expect(page).toContain(table.join('\n'))
    else expect(page).toContain('| k | metrics |')
  })
})

function seen(row: ReleasedMetric['rows'][number]): string {
  const { cell, t } = row
  if (row.class !== 'k-anonymous') return `${cell} ${t} ${row.class}`
  return `${cell} ${t} mean ${row.mean} median ${row.median} n ${row.n} k ${row.k}`
}

function wanted({ cell, t, owners, mean, median }: IndependentRow, k: number): string {
  if (mean === undefined) return `${cell} ${t} withheld`
  const n = Math.max(k, owners - (owners % 5))
  return `${cell} ${t} mean ${mean} median ${median} n ${n} k ${k}`
}
