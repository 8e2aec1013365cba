import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  encodeStub,
  readRecord,
  readSegmentHeader,
  segmentHeaderBytes,
  toEntry,
  writeRecord,
  writeSegmentHeader,
} from '../../../gateway/adapters/journal/record.js'
import { fromHex } from '../../../gateway/core/bytes.js'
import { projectRoot } from '../../support/root.js'

const atMs = 1_762_000_000_000
const stub = { kid: fromHex('48866eefbd6718c8')!, seq: 70_000, leaf: new Uint8Array(32).fill(0xaa) }
const example = [
  {
    kind: 'rd',
    index: 70_000,
    commit: 70_000,
    atMs,
    last: false,
    dropped: false,
    body: 'd28443a1',
  },
  {
    kind: 'ap',
    index: 70_001,
    commit: 70_000,
    atMs,
    last: true,
    dropped: false,
    body: 'd28443a104',
  },
  {
    kind: 'rd',
    index: 70_002,
    commit: 70_002,
    atMs: atMs + 5,
    last: true,
    dropped: true,
    body: '',
  },
] as const

/** The hex of the page's first block, without the remarks beside it. */
function pageBytes(): Buffer {
  const page = readFileSync(join(projectRoot(), 'schemas/journal.md'), 'utf8')
  const lines = page.split('```')[1]!.split('\n')
  const hex = lines.map((line) => (line.startsWith(' ') ? line : line.replace(/ {4,}\S.*$/, '')))
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')
}

it('writes and reads the example of schemas/journal.md', () => {
  const buffer = Buffer.alloc(300)
  let end = writeSegmentHeader(buffer, 0, 70_000)
  for (const { body, ...record } of example) {
    const bytes = record.dropped ? encodeStub(stub) : fromHex(body)!
    end = writeRecord(buffer, end, { ...record, body: bytes })
  }
  const page = pageBytes()
  expect(page.toString('hex')).toBe(buffer.subarray(0, end).toString('hex'))
  expect(readSegmentHeader(page)).toBe(70_000)
  let at = segmentHeaderBytes
  for (const { body, ...record } of example) {
    const found = readRecord(page, at, page.length)
    if (typeof found === 'string') expect.fail(found)
    expect(found).toMatchObject(record)
    if (!record.dropped) expect(toEntry(found).bytes).toEqual(fromHex(body))
    else expect(toEntry(found)).toMatchObject(stub)
    at += found.bytes
  }
  expect(at).toBe(page.length)
})

it('keeps numbers up to the ends of their fields', () => {
  const buffer = Buffer.alloc(100)
  const record = {
    kind: 'ep',
    index: 2 ** 48 - 1,
    commit: 2 ** 48 - 1,
    atMs: 2 ** 48 - 1,
    last: true,
    dropped: false,
    body: new Uint8Array(3),
  } as const
  const end = writeRecord(buffer, 0, record)
  expect(readRecord(buffer, 0, end)).toMatchObject({ ...record, body: expect.anything() })
  const seq = Number.MAX_SAFE_INTEGER
  const dropped = {
    ...record,
    kind: 'rd',
    dropped: true,
    body: encodeStub({ ...stub, seq }),
  } as const
  const stored = readRecord(buffer, 0, writeRecord(buffer, 0, dropped))
  if (typeof stored === 'string') expect.fail(stored)
  expect(toEntry(stored)).toMatchObject({ seq })
})

it('takes a page of zeros, a short rest and an unknown kind for no record', () => {
  const buffer = Buffer.alloc(100)
  expect(readRecord(buffer, 0, 100)).toBe('this is no record')
  expect(readRecord(buffer, 0, 25)).toBe('the record is cut short')
  const end = writeRecord(buffer, 0, { ...example[0], body: new Uint8Array(30) })
  expect(readRecord(buffer, 0, end - 1)).toBe('the record is cut short')
  buffer[6] = 8
  expect(readRecord(buffer, 0, end)).toBe('this is no record')
})
