import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { decode, encode } from '../../../gateway/core/cbor/codec.js'
import { openProofFile, packProof } from '../../../gateway/core/proof/packed.js'
import type { ProofFile } from '../../../gateway/core/proof/proofFile.js'
import { type ProofReport, verifyProofFile } from '../../../gateway/core/proof/proofLinks.js'
import { changed, proofVectors } from '../../support/proofVectors.js'

const { files, broken } = proofVectors()
const names = Object.keys(files)
const texts = new Map(names.map((name) => [name, JSON.stringify(files[name]!.file)]))
const packed = new Map(names.map((name) => [name, packedOf(files[name]!.file)]))

function packedOf(file: object): Uint8Array {
  const bytes = packProof(file as ProofFile)
  if (!bytes.ok) throw new Error(bytes.detail)
  return bytes.value
}

/** One link failed, it is the last that was checked, and it is named with a reason. */
function expectBroken(report: ProofReport): void {
  expect(report.ok).toBe(false)
  expect(report.links.at(-1)).toBe(report.failed)
  expect(report.failed?.detail).not.toBe('')
  expect(report.outcome).toBeUndefined()
}

describe('any change', () => {
  it('of one character of the text breaks a link', () => {
    const ascii = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), ascii, (name, place, other) => {
        const text = texts.get(name)!
        const at = place % text.length
        fc.pre(text[at] !== other)
        expectBroken(verifyProofFile(text.slice(0, at) + other + text.slice(at + 1)))
      }),
      { numRuns: 400 },
    )
  })

  it('of one byte of the packed form breaks a link', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (name, place, flip) => {
          const bytes = Uint8Array.from(packed.get(name)!)
          bytes[place % bytes.length]! ^= flip
          expectBroken(verifyProofFile(bytes))
        },
      ),
      { numRuns: 400 },
    )
  })

  it('of anything into anything is refused, never thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 200 })), (input) =>
        expectBroken(verifyProofFile(input)),
      ),
    )
    for (const deep of ['[', '{"a":', '{"v":1,"gateway":['])
      expectBroken(verifyProofFile(deep.repeat(200_000)))
    expectBroken(verifyProofFile(`${'['.repeat(500_000)}${']'.repeat(500_000)}`))
    expectBroken(verifyProofFile(new Uint8Array(2 ** 21).fill(0xa0)))
  })
})

describe('the packed form', () => {
  it.each(names)('of %s is shorter, opens to the same file and holds', (name) => {
    const bytes = packed.get(name)!
    expect(bytes.length).toBeLessThan(0.7 * texts.get(name)!.length)
    expect(toHex(bytes)).toBe(files[name]!.packed)
    expect(openProofFile(bytes)).toEqual({ ok: true, value: files[name]!.file })
    expect(verifyProofFile(bytes).failed).toBeUndefined()
  })

  it('is none of a file whose parts contradict each other', () => {
    for (const name of [
      'another number',
      'another size',
      'another id',
      'a row with a field more',
    ]) {
      const one = broken.find((each) => each.name === name)!
      expect([name, packProof(changed(one) as ProofFile).ok]).toEqual([name, false])
    }
  })

  it('has one form: nothing more, nothing left out', () => {
    const decoded = decode(packed.get('counted')!)
    if (!decoded.ok || !(decoded.value instanceof Map)) throw new Error('a map')
    for (const key of decoded.value.keys()) {
      const less = new Map(decoded.value)
      less.delete(key)
      expectBroken(verifyProofFile(encode(less)))
    }
    for (const [key, value] of [
      [20, 1],
      [5, []],
      [0, 'x'],
      ['v', 1],
    ] as const)
      expectBroken(verifyProofFile(encode(new Map([...decoded.value, [key, value as never]]))))
  })
})
