import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type Json, parseCanonicalJson } from '../../../gateway/core/json.js'

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 4 }),
  ),
})).value

describe('canonical JSON', () => {
  it('sorts the names of RFC 8785 section 3.2.3 by UTF-16 code units', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))
    expect(text).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`)
  })

  it('writes the texts of RFC 8785 section 3.2.4 by its bytes', () => {
    const value = {
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    }
    const expected =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac' +
      '245c75303030665c6e4127425c225c5c5c5c5c222f227d'
    expect(Buffer.from(canonicalJson(value)).toString('hex')).toBe(expected)
  })

  it('writes -0 as 0 and a member named __proto__ as any other', () => {
    expect(canonicalJson([-0, Number.MIN_SAFE_INTEGER])).toBe('[0,-9007199254740991]')
    expect(parseCanonicalJson('{"__proto__":{"a":1}}').ok).toBe(true)
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}')
  })

  it('reads back what it wrote, and nothing else', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value)
        const parsed = parseCanonicalJson(text)
        expect(parsed.ok && canonicalJson(parsed.value)).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['no JSON', '{'],
    ['a space', '{"a": 1}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['another order', '{"b":1,"a":1}'],
    ['another escape', '"\\u0041"'],
    ['an exponent', '1e2'],
    ['a fraction', '0.5'],
    ['2^53', '9007199254740992'],
    ['a negative zero', '-0'],
    ['half a surrogate pair', '"\\ud83d"'],
    ['half a surrogate pair as a name', '{"\\ude00":1}'],
    ['too deep', `${'['.repeat(18)}${']'.repeat(18)}`],
    ['far too deep', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])('refuses %s', (_, text) => {
    expect(parseCanonicalJson(text)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('takes a value that it cannot hold for a bug', () => {
    expect(() => canonicalJson(0.1)).toThrow('integer below 2^53')
    expect(() => canonicalJson({ a: undefined } as unknown as Json)).toThrow('JSON does not have')
    expect(() => canonicalJson('\ud800')).toThrow('surrogate')
  })
})

describe('decimals', () => {
  it('writes each decimal of up to four places as its double is written', () => {
    const mantissa = fc.oneof(fc.integer(), fc.maxSafeInteger()).map((m) => m % 10 ** 15)
    fc.assert(
      fc.property(mantissa, fc.integer({ min: 1, max: 4 }), (m, places) => {
        const value = m / 10 ** places
        const text = canonicalJson(value, places)
        expect(text).toBe(JSON.stringify(value))
        expect(text).not.toMatch(/e/)
        expect(text.split('.')[1]?.length ?? 0).toBeLessThanOrEqual(places)
        expect(parseCanonicalJson(text, places)).toEqual({ ok: true, value: JSON.parse(text) })
        expect(Math.round(Number(text) * 10 ** places)).toBe(m)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a digit too many', '0.00001'],
    ['another double than the nearest', '0.30000000000000004'],
    ['a zero at the end', '21.50'],
    ['a point without digits', '21.'],
    ['an exponent', '1e-4'],
    ['a negative zero', '-0.0'],
    ['more than fifteen digits', '100000000000.5'],
  ])('refuses %s', (_, text) => {
    expect(parseCanonicalJson(text, 4)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('takes them nowhere else', () => {
    expect(parseCanonicalJson('0.5')).toMatchObject({ ok: false })
    expect(parseCanonicalJson('0.05', 1)).toMatchObject({ ok: false })
    expect(parseCanonicalJson('0.5', 1)).toEqual({ ok: true, value: 0.5 })
  })
})
