/** The means of the replay test can see what they must see. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/gateway.js'
import {
  differences,
  exact,
  exactText,
  type RecordedDay,
  readDay,
  type Series,
  sums,
} from '../support/recordedDay.js'
import { syntheticDay, syntheticRows, syntheticStations } from '../support/syntheticDay.js'
import { tracesOf } from '../support/traces.js'

describe('the comparison of two series', () => {
  const series = (...points: [string, number, string][]): Series => {
    const found: Series = new Map()
    for (const [name, second, value] of points)
      found.set(name, (found.get(name) ?? new Map()).set(second, exact(value)!))
    return found
  }
  const wanted = series(['a pm10', 1, '0.1'], ['a pm10', 2, '0.2'], ['b pm10', 1, '-0.30'])

  it('finds none in equal ones', () => {
    expect(differences(wanted, series(...pointsOf(wanted)))).toEqual([])
    expect(sums(wanted)).toEqual({ pm10: { count: 3, sum: '0' } })
  })

  it.each([
    ['missing', series(['a pm10', 1, '0.1'], ['b pm10', 1, '-0.3']), ['a pm10 at 2 is missing']],
    [
      'extra',
      series(...pointsOf(wanted), ['a pm10', 3, '1'], ['c rain', 1, '1']),
      ['a pm10 at 3 is extra', 'c rain at 1 is extra'],
    ],
    [
      'changed in its last digit',
      series(...pointsOf(wanted), ['a pm10', 2, '0.200000001']),
      ['a pm10 at 2 is 0.200000001, not 0.2'],
    ],
  ])('names what is %s', (_, found, told) => {
    expect(differences(wanted, found)).toEqual(told)
    expect(sums(found)).not.toEqual(sums(wanted))
  })

  function pointsOf(of: Series): [string, number, string][] {
    return [...of].flatMap(([name, values]) =>
      [...values].map(([second, value]): [string, number, string] => [
        name,
        second,
        exactText(value),
      ]),
    )
  }
})

describe('the search for coordinates', () => {
  const text = '57.20352965'

  it('finds one as text and as a double, both ways round', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'deep'))
    const double = Buffer.alloc(30)
    double.writeDoubleLE(Number(text), 3)
    double.writeDoubleBE(Number(`${text}1`), 19)
    writeFileSync(join(folder, 'deep', 'double'), double)
    writeFileSync(join(folder, 'text'), `x${text}0y`)
    expect(await tracesOf([`${text}0`, `${text}1`, '57.2035'], folder)).toEqual(
      expect.arrayContaining([
        `deep/double: ${text}0`,
        `deep/double: ${text}1`,
        `text: ${text}0`,
        'text: 57.2035',
      ]),
    )
    expect(await tracesOf(['57.20352964'], folder)).toEqual([])
  })

  it('finds one in a compressed table', async () => {
    const folder = temporaryFolder()
    const level = new ClassicLevel(join(folder, 'level'))
    // Neighbours that begin alike: a table keeps of each key and value only what is new.
    for (let i = 0; i < 500; i++) await level.put(`key ${1000 + i}`, `57.203529${i}`)
    await level.put('key 1250x', text)
    await level.compactRange('a', 'z')
    await level.close()
    expect(await tracesOf([text], folder)).toContain(`rows of level/CURRENT: ${text}`)
  })
})

describe('the synthetic day', () => {
  let day: RecordedDay
  let path: string

  beforeAll(() => {
    path = syntheticDay(temporaryFolder(), 1)
    day = readDay(path, 'synthetic')
  })

  it('is the same for the same seed', () => {
    const again = readDay(syntheticDay(temporaryFolder(), 1), 'synthetic')
    expect({ ...again, path }).toEqual(day)
    expect(readDay(syntheticDay(temporaryFolder(), 2), 'x').series).not.toEqual(day.series)
  })

  it('has the size of a recorded one', () => {
    expect(day.rows).toBe(syntheticRows)
    expect(day.coordinates.size).toBeGreaterThan(2 * (syntheticStations - 4))
    expect(Object.keys(sums(day.series)).sort()).toEqual(
      ['humidity', 'pm10', 'pm25', 'pressure', 'temperature'].sort(),
    )
  })

  it('has spikes, hours of stuck humidity, and gaps of more than seven hours', () => {
    const valuesOf = (metric: string) =>
      [...day.series].filter(([name]) => name.endsWith(` ${metric}`)).map(([, values]) => values)
    const dust = valuesOf('pm10').flatMap((values) => [...values.values()])
    expect(dust.filter((value) => value > exact('500')!).length).toBeGreaterThan(10)
    const stuckSec = valuesOf('humidity').map((values) => {
      const stuck = [...values].filter(([, value]) => value === exact('99.9'))
      return (stuck.at(-1)?.[0] ?? 0) - (stuck[0]?.[0] ?? 0)
    })
    expect(Math.max(...stuckSec)).toBeGreaterThan(8 * 3_600)
    const gaps = valuesOf('pm10').map((values) => {
      const seconds = [...values.keys()]
      return Math.max(...seconds.slice(1).map((second, i) => second - seconds[i]!))
    })
    expect(gaps.filter((gap) => gap > 7 * 3_600).length).toBeGreaterThanOrEqual(3)
    expect(gaps.filter((gap) => gap < 1_000).length).toBeGreaterThanOrEqual(10)
  })

  it('has what must be left out, and two values for one second', () => {
    const { outOfRange, notANumber, emptyRows } = day.leftOut
    for (const count of [outOfRange, notANumber, emptyRows]) expect(count).toBeGreaterThan(10)
    const kept = Object.values(sums(day.series)).reduce((sum, { count }) => sum + count, 0)
    expect(day.values - kept).toBeGreaterThan(10)
  })

  it('has coordinates of three to eight decimals', () => {
    const decimals = [...day.coordinates].map((text) => text.split('.')[1]!.length)
    expect(new Set(decimals)).toEqual(new Set([3, 4, 5, 6, 7, 8]))
  })
})
