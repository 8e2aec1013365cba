import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { metricByName } from '../../../gateway/core/metric.js'
import { defaultCaps, epsilonPerRow, rosterMin } from '../../../gateway/core/privacy/budget.js'
import { candidatesOf } from '../../../gateway/core/privacy/candidates.js'
import { boundsOf } from '../../../gateway/core/privacy/grid.js'
import { medianHalfWidth } from '../../../gateway/core/privacy/halfWidth.js'
import { releaseMedian } from '../../../gateway/core/privacy/median.js'
import { formatEpsilon } from '../../../gateway/core/privacy/rational.js'
import { windowSteps } from '../../../gateway/core/privacy/steps.js'
import { sumSensitivity } from '../../../gateway/core/privacy/sum.js'
import { projectRoot } from '../../support/root.js'
import { pooledRandom } from './pooledRandom.js'

/** The page's figures, worked out again: the same seed gives the same table. */
const page = readFileSync(join(projectRoot(), 'schemas/privacy.md'), 'utf8')

/** Owners, and the longest window in which they are measured, seconds. */
const measured = [
  [25, 86_400],
  [100, 21_600],
  [100, 86_400],
  [300, 3_600],
  [300, 86_400],
  [1_000, 900],
  [1_000, 21_600],
] as const

it('states the error of medians as it comes out', () => {
  const rows = [
    ...measured.map(([owners, step]) => errorRow('noise', [0, 140], [35, 65], owners, step)),
    ...measured.slice(0, 5).map(([o, step]) => errorRow('co2', [0, 40_000], [420, 1_500], o, step)),
    ...measured
      .slice(0, 5)
      .map(([o, step]) => errorRow('co2', [300, 3_000], [420, 1_500], o, step)),
  ]
  expect(page).toContain(rows.join('\n'))
})

it('states candidates and sensitivities as they come out', () => {
  const rows = ['co2', 'noise', 'temperature', 'humidity'].map((name) => {
    const metric = metricByName(name)!
    const bounds = boundsOf(metric)
    const { count, step } = candidatesOf(bounds)
    const shown = [count, show(Number(step)), show(Number(sumSensitivity(bounds)))]
    return `| ${name} | ${metric.min} to ${metric.max} ${metric.unit} | ${shown.join(' | ')} |`

    function show(units: number): string {
      return String(units / 10 ** metric.decimals)
    }
  })
  expect(page).toContain(rows.join('\n'))
})

it('states windows and their epsilon as they come out', () => {
  const rows = windowSteps
    .filter((step) => rosterMin(step) !== undefined)
    .map((step) => {
      const epsilon = formatEpsilon(epsilonPerRow(step, defaultCaps))
      return `| ${rosterMin(step)} | ${step} | ${86_400 / step} | ${epsilon} |`
    })
  expect(page).toContain(rows.toReversed().join('\n'))
})

/** 1,000 releases of owners spread evenly over `spread`, between bounds; in the metric's unit. */
function errorRow(
  name: string,
  range: readonly [number, number],
  spread: readonly [number, number],
  owners: number,
  step: number,
): string {
  const scale = 10 ** metricByName(name)!.decimals
  const bounds = { from: BigInt(range[0] * scale), to: BigInt(range[1] * scale) }
  const [low, high] = spread.map((end) => end * scale)
  const values = Array.from({ length: owners }, (_, i) =>
    BigInt(Math.round(low! + ((i + 0.5) * (high! - low!)) / owners)),
  )
  const epsilon = epsilonPerRow(step, defaultCaps)
  const random = pooledRandom(1)
  const middle = (low! + high!) / 2
  const errors = Array.from({ length: 1_000 }, () =>
    Math.abs(Number(releaseMedian({ values, bounds, epsilon }, random)) - middle),
  ).toSorted((a, b) => a - b)
  const half = Number(medianHalfWidth(bounds, epsilon, owners))
  const shown = [half, errors[499]!, errors[949]!].map((units) => String(units / scale))
  const where = `${name} | ${range.join(' to ')} | ${owners} | ${step} | ${formatEpsilon(epsilon)}`
  return `| ${where} | ${shown.join(' | ')} |`
}
