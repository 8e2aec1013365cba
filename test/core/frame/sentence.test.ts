import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toB64u } from '../../../gateway/core/bytes.js'
import { crc16, crc16Text } from '../../../gateway/core/frame/crc16.js'
import { formatSentence, parseLine } from '../../../gateway/core/frame/sentence.js'
import { lineCharsMax, serialMessageBytesMax } from '../../../gateway/core/limits.js'
import { vectorText } from '../../support/vectors.js'

interface LineVector {
  name: string
  line: string
  kind: string
  type?: string
  fields?: string[]
  reason?: string
  ls?: number
  log?: string
}

const serial: { crc: { text: string; crc: string }[]; lines: LineVector[] } = JSON.parse(
  vectorText('serial'),
)

it('computes the check value of the protocol, and of the bytewise definition', () => {
  expect(crc16('123456789')).toBe(0x29b1)
  for (const { text, crc } of serial.crc) expect(crc16Text(text)).toBe(crc)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(crc16(bytes)).toBe(bitwiseCrc(bytes))
      expect(crc16(Buffer.from(bytes).toString('latin1'))).toBe(crc16(bytes))
    }),
  )
})

/** The definition: one bit at a time, most significant first. */
function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}

it('reads every line of the vectors as it must', () => {
  expect(serial.lines.length).toBeGreaterThan(50)
  for (const { name, line, ...expected } of serial.lines) {
    const { log, ...rest } = { log: '', ...expected }
    const wanted = rest.kind === 'log' ? { kind: 'log', text: log } : { ...rest, log }
    expect({ name, ...parseLine(line) }).toEqual({ name, ...wanted })
  }
})

it('reads the sentences that it writes', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 700 })
  fc.assert(
    fc.property(fc.nat(255), bytes, fc.string({ maxLength: 30 }), (ls, message, log) => {
      fc.pre(!`${log}$FP`.slice(0, -1).includes('$FP'))
      const fields = [String(ls), toB64u(message)]
      const line = formatSentence('RD', fields)
      expect(line.endsWith('\r\n')).toBe(true)
      const read = parseLine(log + line.slice(0, -2))
      expect(read).toMatchObject({ kind: 'sentence', type: 'RD', fields })
    }),
  )
})

it('finds every change of one character in a sentence', () => {
  const line = formatSentence('AK', ['12']).trimEnd()
  for (let at = 3; at < line.length; at++)
    for (let code = 0x20; code < 0x7f; code++) {
      if (line.charCodeAt(at) === code) continue
      const changed = line.slice(0, at) + String.fromCharCode(code) + line.slice(at + 1)
      expect([changed, parseLine(changed).kind]).toEqual([changed, 'bad'])
    }
})

it('never throws, whatever the line', () => {
  const piece = fc.oneof(
    fc.constantFrom('$FP', '$', 'RD', ',', '*', '0000', 'AK,1', '\r', '\u0000', '\ud800'),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect(['log', 'sentence', 'bad']).toContain(parseLine(pieces.join('')).kind)
    }),
    { numRuns: 2_000 },
  )
})

it('fits the longest message that the protocol allows, and no longer one', () => {
  const lengthOf = (bytes: number): number =>
    formatSentence('RD', ['255', toB64u(new Uint8Array(bytes))]).length
  expect(lengthOf(serialMessageBytesMax)).toBeLessThanOrEqual(lineCharsMax)
  expect(lengthOf(serialMessageBytesMax + 1)).toBeGreaterThan(lineCharsMax)
  const longest = formatSentence('RD', ['255', toB64u(new Uint8Array(serialMessageBytesMax))])
  expect(parseLine(longest.trimEnd()).kind).toBe('sentence')
  const longer = formatSentence('RD', ['255', toB64u(new Uint8Array(serialMessageBytesMax + 1))])
  expect(parseLine(longer.trimEnd())).toMatchObject({ kind: 'bad', reason: 'frame', ls: 255 })
})
