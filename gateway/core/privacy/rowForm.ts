/** What the three forms of an aggregate row demand of their members. */
import { fromB64u } from '../bytes.js'
import { isDecimal, type Json } from '../json.js'
import { anonymityMin, jsonDecimalsMax, ownersRounding, saltBytes } from '../limits.js'
import { type Metric, metricByName } from '../metric.js'
import { roundedOwners } from './collapse.js'
import { parseEpsilon } from './rational.js'
import { isLabel, isReleased } from './rowKey.js'
import { isWindowStart, isWindowStep } from './windows.js'

type Members = { readonly [name: string]: Json }

const common: readonly string[] = ['cell', 'class', 'metric', 'salt', 'step', 't']

/** What a row has that none of the forms allows, or lacks; `undefined` where it has one of them. */
export function faultOfRow(row: Members): string | undefined {
  const fault = commonFault(row)
  if (fault !== undefined) return fault
  const metric = metricByName(String(row.metric))!
  switch (row.class) {
    case 'withheld':
      return namesFault(row, common)
    case 'k-anonymous':
      return (
        namesFault(row, [...common, 'k', 'mean', 'median', 'n', 'unit']) ??
        anonymousFault(row, metric)
      )
    case 'differentially-private': {
      const estimate = Object.hasOwn(row, 'sum') ? 'sum' : 'median'
      return (
        namesFault(row, [...common, 'epsilon', 'halfWidth', estimate, 'n', 'unit']) ??
        privateFault(row, metric)
      )
    }
    default:
      return 'class is none of the three'
  }
}

function namesFault(row: Members, names: readonly string[]): string | undefined {
  for (const name of names) if (!Object.hasOwn(row, name)) return `${name} is missing`
  const unknown = Object.keys(row).some((name) => !names.includes(name))
  return unknown ? 'a member that this class does not have' : undefined
}

function commonFault({ cell, metric, salt, step, t }: Members): string | undefined {
  if (typeof metric !== 'string' || !isReleased(metric)) return 'metric is none that is released'
  if (typeof cell !== 'string' || !isLabel(cell)) return 'cell is none of resolution 3 to 7'
  if (typeof step !== 'number' || !isWindowStep(step)) return 'step is no length of a window'
  if (typeof t !== 'number' || !isWindowStart(step, t)) return 't is no start of such a window'
  return typeof salt === 'string' && fromB64u(salt)?.length === saltBytes
    ? undefined
    : 'salt is not 16 bytes of b64u'
}

function anonymousFault(row: Members, metric: Metric): string | undefined {
  const { k, n } = row
  if (metric.class !== 'environment') return `${metric.name} is never released k-anonymous`
  if (typeof k !== 'number' || !Number.isSafeInteger(k) || k < anonymityMin)
    return 'k is not an integer from 3'
  // Rounding again changes nothing of a count that was rounded down.
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < k || roundedOwners(n, k) !== n)
    return 'n is not a rounded count of at least k owners'
  for (const name of ['mean', 'median'])
    if (!isWithin(row[name], metric, metric.decimals)) return `${name} is not on the metric's grid`
  return unitFault(row, metric)
}

function privateFault(row: Members, metric: Metric): string | undefined {
  const { epsilon, halfWidth, median, n, sum } = row
  if (metric.class !== 'personal') return `${metric.name} is never released with noise`
  if (!parseEpsilon(epsilon).ok) return 'epsilon is no positive fraction in lowest terms'
  if (!isNumber(halfWidth) || halfWidth < 0) return 'halfWidth is no width'
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 1 || n % ownersRounding !== 0)
    return 'n is not a rounded count of owners'
  if (median !== undefined && !isWithin(median, metric, jsonDecimalsMax))
    return "median is not within the metric's bounds"
  if (sum !== undefined && !isNumber(sum)) return 'sum is not a number'
  return unitFault(row, metric)
}

function unitFault({ unit }: Members, metric: Metric): string | undefined {
  return unit === metric.unit ? undefined : `the unit of ${metric.name} is ${metric.unit}`
}

function isNumber(value: Json | undefined): value is number {
  return typeof value === 'number' && isDecimal(value, jsonDecimalsMax)
}

function isWithin(value: Json | undefined, metric: Metric, decimals: number): boolean {
  if (!isNumber(value) || !isDecimal(value, decimals)) return false
  return value >= metric.min && value <= metric.max
}
