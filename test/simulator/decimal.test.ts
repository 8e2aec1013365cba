import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCanonical, toNumber } from '../../gateway/core/senml/decimal.js'
import { exactDecimal, isInRange } from '../../simulator/decimal.js'

describe('exactDecimal', () => {
  it('keeps what real files hold, zeros stripped', () => {
    expect(exactDecimal('13.80')).toEqual({ m: 138, e: -1 })
    expect(exactDecimal('103114.48')).toEqual({ m: 10311448, e: -2 })
    expect(exactDecimal('99.90')).toEqual({ m: 999, e: -1 })
    expect(exactDecimal('-0.50')).toEqual({ m: -5, e: -1 })
    expect(exactDecimal('100')).toEqual({ m: 100, e: 0 })
    expect(exactDecimal('7.')).toEqual({ m: 7, e: 0 })
    expect(exactDecimal('.5')).toEqual({ m: 5, e: -1 })
    expect(Object.is(exactDecimal('-0.00')?.m, 0)).toBe(true)
  })

  it.each([
    '',
    '.',
    '-',
    'nan',
    'NaN',
    'inf',
    '1e3',
    '0x10',
    '1,5',
    ' 1',
    '1 ',
    '--1',
    '1.2.3',
    '٣',
  ])('refuses %j', (text) => {
    expect(exactDecimal(text)).toBeUndefined()
  })

  it('refuses what the wire cannot carry exactly', () => {
    expect(exactDecimal('9007199254740991')).toEqual({ m: 9007199254740991, e: 0 })
    expect(exactDecimal('9007199254740992')).toBeUndefined()
    expect(exactDecimal('0.123456789')).toEqual({ m: 123456789, e: -9 })
    expect(exactDecimal('0.1234567891')).toBeUndefined()
    expect(exactDecimal('0.1234567890')).toEqual({ m: 12345678900 / 100, e: -9 })
    expect(exactDecimal('9007199254740991.5')).toBeUndefined()
  })

  it('is the same number as the text, in its one form', () => {
    const digits = fc.stringMatching(/^[0-9]{1,6}$/)
    fc.assert(
      fc.property(fc.boolean(), digits, fc.stringMatching(/^[0-9]{0,8}$/), (minus, whole, part) => {
        const text = `${minus ? '-' : ''}${whole}.${part}`
        const value = exactDecimal(text)!
        expect(isCanonical(value)).toBe(true)
        // Exact: both sides scaled to nine decimals as big integers.
        const scaled = BigInt(value.m) * 10n ** BigInt(9 + value.e)
        const sign = minus ? -1n : 1n
        expect(scaled).toBe(sign * BigInt(whole + part.padEnd(9, '0')))
        expect(toNumber(value)).toBe(Number(text) + 0)
      }),
    )
  })
})

describe('isInRange', () => {
  it('takes both bounds and nothing beyond them', () => {
    expect(isInRange('humidity', { m: 0, e: 0 })).toBe(true)
    expect(isInRange('humidity', { m: 100, e: 0 })).toBe(true)
    expect(isInRange('humidity', { m: 100000000001, e: -9 })).toBe(false)
    expect(isInRange('temperature', { m: -400000001, e: -7 })).toBe(false)
    expect(isInRange('love', { m: 1, e: 0 })).toBe(false)
  })
})
