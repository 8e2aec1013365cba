import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { contribRoot, formatRow, parseRow } from '../../../gateway/core/rewards/statement.js'
import { seededRandom } from '../../support/random.js'
import { emptyHash } from './auditor.js'
import { compareEpochs } from './compareEpochs.js'
import { write } from './writer.js'

describe('settlement', () => {
  it('agrees with the auditor byte for byte over random epochs, and loses no base unit', () => {
    const seed = Date.now() % 2 ** 31
    const { difference, seen } = compareEpochs(seededRandom(seed), 1_500)
    expect({ seed, difference }).toEqual({ seed, difference: undefined })
    // A run that never met a case has not tested it.
    for (const [name, count] of Object.entries(seen))
      expect([name, count > 0]).toEqual([name, true])
  })

  it('gives nobody anything where nobody was there', () => {
    const empty = {
      n: 1,
      from: 1_762_000_000,
      to: 1_762_003_600,
      devices: [],
      sales: [],
      perHour: 10n ** 18n,
      perCredit: 1n,
      carryIn: 3n,
      testToken: true,
    }
    const { rows, money, paid } = write(empty)
    expect(rows).toEqual([])
    expect(paid).toBe(0n)
    expect(money).toEqual({
      poolIn: 10n ** 18n,
      carryIn: 3n,
      usageIn: 0n,
      unallocated: 10n ** 18n + 3n,
      carryOut: 0n,
    })
    expect(toHex(contribRoot(rows))).toBe(emptyHash())
  })

  it('refuses to pay a device that has no row', () => {
    const sold = { credits: 1, owners: [['aaaaaaaaaaaaa']] }
    const epoch = {
      n: 1,
      from: 0,
      to: 60,
      devices: [],
      sales: [sold],
      perHour: 0n,
      perCredit: 1n,
      carryIn: 0n,
      testToken: true,
    }
    expect(() => write(epoch)).toThrow('who is owed usage has a row')
  })
})

it('reads a row back, and refuses any that is not of its form', () => {
  const { rows } = compareEpochs(seededRandom(1), 20)
  expect(rows.length).toBeGreaterThan(10)
  for (const row of rows) expect(parseRow(formatRow(row))).toEqual({ ok: true, value: row })
  const row = rows[0]!
  for (const name of Object.keys(row)) {
    const { [name as keyof typeof row]: _, ...rest } = row
    expect([name, parseRow(JSON.stringify(rest)).ok]).toEqual([name, false])
    for (const wrong of [-1, 'x', null, {}, [], 0.5, true, '01']) {
      if (name === 'reasons' && JSON.stringify(wrong) === '{}') continue
      const line = JSON.stringify({ ...row, [name]: wrong })
      expect([name, wrong, parseRow(line).ok]).toEqual([name, wrong, false])
    }
  }
  expect(parseRow(JSON.stringify({ ...row, zz: 1 })).ok).toBe(false)
  expect(parseRow(` ${formatRow(row)}`).ok).toBe(false)
  expect(parseRow(formatRow({ ...row, firstSeq: 2, lastSeq: 1 })).ok).toBe(false)
  expect(parseRow(formatRow({ ...row, reasons: { spike: 0 } })).ok).toBe(false)
  expect(parseRow(formatRow({ ...row, reasons: { other: 1 } })).ok).toBe(false)
  expect(parseRow('[]').ok).toBe(false)
})
