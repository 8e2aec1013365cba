/** Decimal fractions from text, as the wire carries them: no floating point on the way. */
import { metricByName } from '../gateway/core/metric.js'
import { type Decimal, decimal, isWithin } from '../gateway/core/senml/decimal.js'

/**
 * The exact decimal of a text such as `21.50`, trailing zeros stripped. `undefined` where the text
 * is no plain decimal number (`nan`, `1e3`, `0x10`, empty) or does not fit (PROTOCOL 2.1: at most
 * nine digits after the point, mantissa below 2^53).
 */
export function exactDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)([0-9]{0,16})(?:\.([0-9]{0,64}))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = ''] = match
  if (whole === '' && fraction === '') return undefined
  const digits = fraction.replace(/0+$/, '')
  const size = Number(whole + digits)
  if (digits.length > 9 || !Number.isSafeInteger(size)) return undefined
  return decimal(sign === '-' ? -size : size, digits.length === 0 ? 0 : -digits.length)
}

/** Whether a metric can have this value (PROTOCOL 3); false for a name that is no metric. */
export function isInRange(metric: string, value: Decimal): boolean {
  const row = metricByName(metric)
  return row !== undefined && isWithin(value, row.min, row.max)
}
