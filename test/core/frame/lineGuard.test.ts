import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineGuard } from '../../../gateway/core/frame/lineGuard.js'
import { formatSentence, parseLine } from '../../../gateway/core/frame/sentence.js'
import { logBytesMax, sentenceCharsMax } from '../../../gateway/core/limits.js'
import { hexBytes, vectorText } from '../../support/vectors.js'

const streams: { name: string; hex: string; lines: string[] }[] = JSON.parse(
  vectorText('serial'),
).streams

it('finds the lines of every stream of the vectors, in one piece and byte by byte', () => {
  for (const { name, hex, lines } of streams) {
    const bytes = hexBytes(hex)
    expect([name, new LineGuard().push(bytes)]).toEqual([name, lines])
    const guard = new LineGuard()
    const single = [...bytes].flatMap((byte) => guard.push(Uint8Array.of(byte)))
    expect([name, single]).toEqual([name, lines])
  }
})

/** The definition, over whole lines: cut at LF, drop one CR, keep log and sentence within bounds. */
function linesOf(stream: Uint8Array): string[] {
  const text = Buffer.from(stream).toString('latin1')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const at = line.lastIndexOf('$FP')
      const log = at < 0 ? line : line.slice(0, at)
      const sentence = at < 0 ? '' : line.slice(at)
      const parts = [log.slice(0, logBytesMax), sentence.slice(0, sentenceCharsMax + 1)]
      const isWhole = at < 0 ? log.length <= logBytesMax : sentence.length <= sentenceCharsMax + 1
      const last = at < 0 ? 0 : 1
      if (isWhole) parts[last] = parts[last]!.replace(/\r$/, '')
      return parts.join('')
    })
    .filter((line) => line !== '')
}

it('gives the lines of the definition however the bytes are cut', () => {
  const piece = fc.oneof(
    fc.constantFrom('$FP', '$', 'F', 'P', '$F', '\n', '\r\n', '\r', 'AK,1*0000', ' '),
    fc.integer({ min: 1, max: 1_100 }).map((length) => 'x'.repeat(length)),
    fc.string({ maxLength: 4 }).map((text) => text.replaceAll(/[^ -~]/g, '?')),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }),
      (pieces, cuts) => {
        const stream = Buffer.from(`${pieces.join('')}\n`)
        const guard = new LineGuard()
        const lines: string[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          lines.push(...guard.push(stream.subarray(at, at + cut)))
          at += cut
        }
        expect(lines).toEqual(linesOf(stream))
      },
    ),
    { numRuns: 500 },
  )
})

it('keeps its memory through 1 MB without a line end, and finds the sentence after it', () => {
  const guard = new LineGuard()
  const noise = new Uint8Array(1000).fill(0x55)
  for (let i = 0; i < 1000; i++) expect(guard.push(noise)).toEqual([])
  expect(guard.dropped).toBe(1_000_000 - logBytesMax)
  expect(heldBytes(guard)).toBeLessThan(4096)
  const [line] = guard.push(Buffer.from(formatSentence('AK', ['7'])))
  expect(parseLine(line!)).toMatchObject({ kind: 'sentence', type: 'AK', fields: ['7'] })
  expect(guard.dropped).toBe(1_000_000 - logBytesMax)
})

it('keeps its memory through 1 MB of sentence starts', () => {
  const guard = new LineGuard()
  const starts = Buffer.from('$FPRD,1,'.repeat(125))
  for (let i = 0; i < 1000; i++) expect(guard.push(starts)).toEqual([])
  expect(heldBytes(guard)).toBeLessThan(4096)
  const [line] = guard.push(Buffer.from(formatSentence('ID?', [])))
  expect(parseLine(line!)).toMatchObject({ kind: 'sentence', type: 'ID?', fields: [] })
})

/** Bytes of every buffer that hangs on an object. */
function heldBytes(root: object): number {
  let bytes = 0
  for (const held of Object.values(root)) {
    if (held instanceof Uint8Array) bytes += held.byteLength
    else if (typeof held === 'string') bytes += held.length
    else if (typeof held === 'object' && held !== null) bytes += heldBytes(held)
  }
  return bytes
}

it('reads a log in UTF-8 and shows what is none', () => {
  const guard = new LineGuard()
  expect(guard.push(Buffer.from('21 \u00b0C\r\n'))).toEqual(['21 \u00b0C'])
  expect(guard.push(Uint8Array.of(0xff, 0x41, 0x0a))).toEqual(['\ufffdA'])
})

it('forgets an unfinished line when the port is opened again', () => {
  const guard = new LineGuard()
  guard.push(Buffer.from('$FPRD,1,AAAA'))
  guard.reset()
  expect(guard.push(Buffer.from('x\n'))).toEqual(['x'])
})
