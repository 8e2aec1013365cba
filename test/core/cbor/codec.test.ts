import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { type CborValue, decode, encode, Tagged } from '../../../gateway/core/cbor/codec.js'
import { walk } from '../../../gateway/core/cbor/walk.js'
import { oracleDecode, oracleEncode, type Tree } from '../../support/cborOracle.js'
import { mutated, seededRandom } from '../../support/random.js'
import { hexBytes } from '../../support/vectors.js'

const largest = Number.MAX_SAFE_INTEGER
const integer = fc.oneof(
  fc.integer({ min: -30, max: 300 }),
  fc.integer({ min: -largest, max: largest }),
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, largest),
  fc.constantFrom(-1, -24, -25, -256, -257, -(2 ** 31), -(2 ** 32), -(2 ** 32) - 1, -largest),
)
const text = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 10 }))
  .filter((value) => !value.startsWith('\ufeff'))
const leaf: fc.Arbitrary<CborValue> = fc.oneof(integer, text, fc.uint8Array({ maxLength: 300 }))
const fraction = fc.tuple(integer, integer).map(([e, m]): CborValue => new Tagged(4, [e, m]))
const pairs = (value: fc.Arbitrary<CborValue>) =>
  fc.uniqueArray(fc.tuple(fc.oneof(integer, text), value), {
    maxLength: 30,
    selector: ([key]) => `${typeof key} ${key}`,
  })
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    leaf,
    fraction,
    fc.array(tie('value'), { maxLength: 30 }),
    pairs(tie('value')).map((entries): CborValue => new Map<CborValue, CborValue>(entries)),
  ),
}))

function treeOf(item: CborValue): Tree {
  if (typeof item === 'number') return { kind: 'int', value: BigInt(item) }
  if (typeof item === 'string') return { kind: 'text', value: item }
  if (item instanceof Uint8Array) return { kind: 'bytes', value: Uint8Array.from(item) }
  if (item instanceof Tagged)
    return { kind: 'tag', tag: BigInt(item.tag), item: treeOf(item.value) }
  if (item instanceof Map)
    return { kind: 'map', pairs: [...item].map(([key, held]) => [treeOf(key), treeOf(held)]) }
  return { kind: 'array', items: item.map(treeOf) }
}

describe('encode and decode', () => {
  it('write what an independent encoder writes, and read it back', () => {
    fc.assert(
      fc.property(value, (item) => {
        const bytes = encode(item)
        expect(toHex(bytes)).toBe(toHex(oracleEncode(treeOf(item))))
        const back = decode(bytes)
        expect(back.ok && toHex(oracleEncode(treeOf(back.value)))).toBe(toHex(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('give plain Uint8Arrays from a Buffer, and leave the input as it was', () => {
    const buffer = Buffer.from('83 44 00010203 40 01'.replaceAll(' ', ''), 'hex')
    const back = decode(buffer)
    if (!back.ok || !Array.isArray(back.value)) throw new Error('not read')
    const [four, none] = back.value
    expect(four?.constructor).toBe(Uint8Array)
    expect(none?.constructor).toBe(Uint8Array)
    expect(Object.keys(buffer)).toEqual(Object.keys(Buffer.from(buffer)))
    expect(four).toEqual(Uint8Array.of(0, 1, 2, 3))
  })

  it('sort keys by their encoding, whatever their order in the map', () => {
    const map = new Map<CborValue, CborValue>([
      ['bb', 1],
      ['a', 2],
      [-1, 3],
      [100, 4],
      [10, 5],
    ])
    expect(toHex(encode(map))).toBe('a50a051864042003616102626262' + '01')
  })

  it('treat what the protocol cannot carry as a bug', () => {
    const bad: CborValue[] = [
      1.5,
      Number.NaN,
      2 ** 53,
      -(2 ** 53),
      new Tagged(64, 1),
      '\ud800',
      '\ufeffx',
    ]
    for (const item of bad) expect(() => encode([item])).toThrow()
    expect(() => encode([[[[[[[1]]]]]]])).toThrow('too deep')
    expect(toHex(encode([[[[[[1]]]]]]))).toBe('81818181818101')
  })

  it('write a fresh array each time', () => {
    const first = encode([1, 2, 3])
    const copy = first.slice()
    for (let i = 0; i < 2000; i++) encode(['filler', i])
    expect(first).toEqual(copy)
    expect(first.buffer.byteLength).toBe(first.length)
  })
})

describe('walk', () => {
  const good = [
    '00',
    '17',
    '1818',
    '3903e7',
    '1b001fffffffffffff',
    '3b001ffffffffffffe',
    '40',
    '60',
  ]
  const bad = ['', '18', '1817', '1900ff', '1a0000ffff', '1b00000000ffffffff', '1b0020000000000000']
  const worse = [
    '3b001fffffffffffff',
    '1c',
    '1f',
    '5f',
    '7f',
    '9f',
    'bf',
    'ff',
    'f4',
    'f97e00',
    '0000',
  ]
  const tags = [
    'c0',
    'c100',
    'c24101',
    'd81200',
    'd80400',
    'd84041ff',
    'd9d9f700',
    '81d200',
    'd2d200',
  ]

  it('accepts the edges of each kind', () => {
    for (const hex of [...good, 'c48220 18d7'.replace(' ', ''), 'd28401020304', 'a10001', '62c2b5'])
      expect([hex, walk(hexBytes(hex))]).toEqual([hex, undefined])
  })

  it('refuses everything beyond them, each with words', () => {
    for (const hex of [...bad, ...worse, ...tags])
      expect([hex, typeof walk(hexBytes(hex))]).toEqual([hex, 'string'])
  })

  it('says what is wrong', () => {
    expect(walk(hexBytes('a201000100'))).toBe('a map key stands twice')
    expect(walk(hexBytes('a202000100'))).toBe('map keys are not in ascending order')
    expect(walk(hexBytes('9f00ff'))).toBe('indefinite lengths are not allowed')
    expect(walk(hexBytes('0000'))).toBe('bytes follow the item')
    expect(walk(hexBytes('9affffffff00'))).toBe('the item ends before its length says')
    expect(walk(hexBytes('61ff'))).toBe('text is not UTF-8')
    expect(walk(hexBytes('64efbbbf61'))).toBe('text begins with a byte order mark')
    expect(walk(hexBytes('c24101'))).toBe(
      'tags other than 4, and 18 around the whole, are not allowed',
    )
  })

  it('judges UTF-8 as the platform does', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const isText = (bytes: Uint8Array): boolean => {
      try {
        return !strict.decode(bytes).startsWith('\ufeff')
      } catch {
        return false
      }
    }
    const byte = fc.oneof(
      fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef),
      fc.constantFrom(0xf0, 0xf4, 0xf5, 0xff, 0x90, 0x8f, 0x9f, 0xa0, 0xbb),
      fc.nat(255),
    )
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (list) => {
        const bytes = Uint8Array.from(list)
        expect(walk(Uint8Array.of(0x60 + bytes.length, ...bytes)) === undefined).toBe(isText(bytes))
      }),
      { numRuns: 5_000 },
    )
  })

  it('agrees with an independent decoder on mutated encodings, and so does decode', () => {
    const seed = Date.now() & 0x7fffffff
    const random = seededRandom(seed)
    const seeds = fc.sample(value, { numRuns: 200, seed }).map((item) => encode(item))
    let accepted = 0
    for (let i = 0; i < 20_000; i++) {
      const original = seeds[random.below(seeds.length)]!
      const bytes = mutated(original.subarray(0, 200), random)
      const read = decode(bytes)
      const expected = oracle(bytes)
      const got = read.ok ? toHex(oracleEncode(treeOf(read.value))) : undefined
      if (got !== expected) throw new Error(`seed ${seed}: ${toHex(bytes)}: ${got} not ${expected}`)
      if (read.ok) accepted++
    }
    expect(accepted).toBeGreaterThan(500)
  })
})

/** Hex of what an independent decoder accepts; one encoding per value, so the bytes themselves. */
function oracle(bytes: Uint8Array): string | undefined {
  try {
    return toHex(oracleEncode(oracleDecode(bytes)))
  } catch {
    return undefined
  }
}
