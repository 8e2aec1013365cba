import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Judgement, judgeReceipts } from '../../../gateway/commands/receipts/judge.js'
import { pathAround, rootFromRange } from '../../../gateway/core/audit/logRange.js'
import { verifyOmission } from '../../../gateway/core/audit/omission.js'
import { formatReceipt, readReceipt } from '../../../gateway/core/audit/receiptLine.js'
import { concat, fromB64u, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { ed25519Verify } from '../../../gateway/core/crypto.js'
import { encodeReceipt } from '../../../gateway/core/device/downlink.js'
import { rootOfLeaves } from '../../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../../gateway/core/log/tree.js'
import { holderOf } from '../../support/holder.js'
import { type Deed, gateway, network, operatorSite, type Site } from './operatorSite.js'

const published = { network, key: gateway.publicKey }

function judge(site: Site, lines: readonly string[]): Promise<Judgement> {
  const receipts = lines.map((line) => {
    const read = readReceipt(line, published, ed25519Verify)
    if (!read.ok) throw new Error(read.detail)
    return read.value
  })
  return judgeReceipts(site, published, receipts)
}

/** How many of each fate. */
function fates({ receipts }: Judgement): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { fate } of receipts) counts[fate] = (counts[fate] ?? 0) + 1
  return counts
}

function linesOf(site: Site, from = 100, to = 299): string[] {
  return [...site.receipts].flatMap(([seq, line]) => (seq >= from && seq <= to ? [line] : []))
}

describe('receipts of an honest gateway', () => {
  const honest = operatorSite({ seq: 0, what: 'nothing' })

  it('are all counted, where all are kept', async () => {
    expect(fates(await judge(honest, linesOf(honest)))).toEqual({ counted: 40 })
  })

  it('are in the log, where only some are kept', async () => {
    expect(fates(await judge(honest, linesOf(honest, 105, 110)))).toEqual({ logged: 6 })
  })

  it('are in the log, where messages were not kept', async () => {
    const bare = linesOf(honest, 100, 119).map((line) =>
      JSON.stringify({ rc: JSON.parse(line).rc }),
    )
    expect(fates(await judge(honest, bare))).toEqual({ logged: 20 })
  })

  it('are in the log of an open epoch', async () => {
    const open = operatorSite({ seq: 0, what: 'nothing' }, 1)
    expect(fates(await judge(open, linesOf(open)))).toEqual({ counted: 20, open: 20 })
  })

  it('may be late, and then need not be counted', async () => {
    const site = operatorSite({ seq: 105, what: 'late' })
    expect(fates(await judge(site, linesOf(site)))).toEqual({ counted: 39, late: 1 })
  })
})

describe('an operator who omits a reading', () => {
  const omitted: [Deed, string][] = [
    [{ seq: 107, what: 'never logged' }, 'not-logged'],
    [{ seq: 100, what: 'never logged' }, 'not-logged'],
    [{ seq: 107, what: 'not counted' }, 'not-counted'],
    [{ seq: 107, what: 'another in its place' }, 'not-counted'],
    [{ seq: 119, what: 'not counted' }, 'outside-row'],
    [{ seq: 107, what: 'no row' }, 'no-row'],
  ]

  it.each(omitted)('%o is convicted: %s', async (deed, kind) => {
    const site = operatorSite(deed)
    const judgement = await judge(site, linesOf(site))
    expect(fates(judgement).omitted).toBe(kind === 'not-logged' ? 1 : 20)
    expect(judgement.evidence.map(({ file }) => file.kind)).toEqual([kind])
    const text = JSON.stringify(judgement.evidence[0]!.file)
    expect(verifyOmission(text, ed25519Verify)).toMatchObject({ ok: true })
  })

  it('is not convicted while an epoch is open that may own the reading', async () => {
    const site = operatorSite({ seq: 207, what: 'never logged' }, 1)
    expect(fates(await judge(site, linesOf(site, 207, 207)))).toEqual({ pending: 1 })
    const atEnd = operatorSite({ seq: 119, what: 'never logged' }, 1)
    expect(fates(await judge(atEnd, linesOf(atEnd, 119, 119)))).toEqual({ pending: 1 })
    const closed = operatorSite({ seq: 119, what: 'never logged' }, 2)
    expect(fates(await judge(closed, linesOf(closed, 119, 119)))).toEqual({ omitted: 1 })
  })

  it('is not convicted where a set clock put the entry into an earlier epoch', async () => {
    const site = operatorSite({ seq: 0, what: 'nothing' }, 2)
    const line = JSON.parse(site.receipts.get(105)!)
    const read = readReceipt(site.receipts.get(105)!, published, ed25519Verify)
    if (!read.ok) throw new Error(read.detail)
    const { device, seq, leaf, iat } = read.value
    const moved = encodeReceipt({ device, seq, leaf, iat: iat + 1_600 }, gateway, network)
    const judgement = await judge(site, [formatReceipt(moved, fromB64u(line.message))])
    expect([fates(judgement), judgement.evidence]).toEqual([{ logged: 1 }, []])
  })

  it('is not convicted by fewer receipts than the row counts', async () => {
    const site = operatorSite({ seq: 107, what: 'not counted' })
    const judgement = await judge(site, linesOf(site, 105, 110))
    expect([fates(judgement), judgement.evidence]).toEqual([{ logged: 6 }, []])
  })
})

describe('evidence', () => {
  const sites = (['never logged', 'not counted', 'no row'] as const).map((what) =>
    operatorSite({ seq: 107, what }),
  )

  it('proves nothing once anything in it is changed', async () => {
    for (const site of sites) {
      const [evidence] = (await judge(site, linesOf(site))).evidence
      const text = JSON.stringify(evidence!.file)
      const refused = (changed: string): void => {
        expect(verifyOmission(changed, ed25519Verify)).toMatchObject({ ok: false })
      }
      fc.assert(
        fc.property(fc.nat(text.length - 1), fc.constantFrom('A', '1', 'z'), (at, character) => {
          fc.pre(/[0-9A-Za-z_-]/.test(text[at]!) && text[at] !== character)
          refused(text.slice(0, at) + character + text.slice(at + 1))
        }),
        { numRuns: 40 },
      )
    }
  })

  it('may be anything at all, and is then refused', async () => {
    const site = sites[1]!
    const { file } = (await judge(site, linesOf(site))).evidence[0]!
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(file)), fc.jsonValue(), (name, value) => {
        const changed = JSON.stringify({ ...file, [name]: value })
        expect(verifyOmission(changed, ed25519Verify).ok).toBe(false)
        const lost = { ...file, kind: 'not-logged', missing: value, range: value }
        expect(verifyOmission(JSON.stringify(lost), ed25519Verify).ok).toBe(false)
        expect(verifyOmission(JSON.stringify(value), ed25519Verify).ok).toBe(false)
        expect(verifyOmission(JSON.stringify({ ...file, placed: [value] }), ed25519Verify).ok).toBe(
          false,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('proves nothing of an honest gateway', async () => {
    const honest = operatorSite({ seq: 0, what: 'nothing' })
    for (const site of sites) {
      const { file } = (await judge(site, linesOf(site))).evidence[0]!
      const checkpoint = new TextDecoder().decode(await honest.read('checkpoint'))
      for (const part of [
        { checkpoint },
        { records: [] },
        { kind: 'outside-row' },
        { network: 'x' },
      ])
        expect(verifyOmission(JSON.stringify({ ...file, ...part }), ed25519Verify).ok).toBe(false)
    }
    // The epochs that may own the reading, but one.
    const lost = operatorSite({ seq: 119, what: 'never logged' })
    const { file } = (await judge(lost, linesOf(lost, 119, 119))).evidence[0]!
    expect(file.records.length).toBe(2)
    const less = { ...file, records: file.records.slice(0, 1) }
    expect(verifyOmission(JSON.stringify(less), ed25519Verify).ok).toBe(false)
  })
})

describe('a line of kept receipts', () => {
  const site = operatorSite({ seq: 0, what: 'nothing' })
  const line = site.receipts.get(105)!
  const other = site.receipts.get(106)!

  it.each([
    ['is not JSON', '{'],
    ['is not an object', '[]'],
    ['has a field that is not known', JSON.stringify({ ...JSON.parse(line), more: 1 })],
    [
      'is of another message',
      JSON.stringify({ ...JSON.parse(line), message: JSON.parse(other).message }),
    ],
    ['rc is not b64u', JSON.stringify({ ...JSON.parse(line), rc: '=' })],
  ])('is refused: %s', (words, bad) => {
    const read = readReceipt(bad, published, ed25519Verify)
    expect(read.ok ? '' : read.detail).toContain(words)
  })

  it('is refused where another gateway signed it, or for another network', () => {
    const key = holderOf(9).publicKey
    expect(readReceipt(line, { network, key }, ed25519Verify).ok).toBe(false)
    expect(readReceipt(line, { ...published, network: 'x' }, ed25519Verify).ok).toBe(false)
  })

  it('is read as it was written', () => {
    const read = readReceipt(line, published, ed25519Verify)
    expect(read.ok && formatReceipt(read.value.bytes, read.value.message)).toBe(line)
  })
})

it('shows every range of every small tree', async () => {
  for (let size = 1; size <= 12; size++) {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(utf8(`${size} ${i}`)))
    const root = toHex(rootOfLeaves(leaves))
    const read = async (level: number, at: number, count: number): Promise<Uint8Array> => {
      expect(level).toBe(0)
      return concat(...leaves.slice(at, at + count))
    }
    for (let first = 0; first < size; first++) {
      for (let end = first + 1; end <= size; end++) {
        const path = await pathAround(read, first, end, size)
        const range = leaves.slice(first, end)
        expect(toHex(rootFromRange(range, first, size, path)!)).toBe(root)
        expect(rootFromRange(range, first, size, [...path, path[0] ?? leaves[0]!])).toBeUndefined()
        const changed = range.with(0, leafHash(utf8('another')))
        expect(toHex(rootFromRange(changed, first, size, path)!)).not.toBe(root)
        if (path.length > 0)
          expect(rootFromRange(range, first, size, path.slice(1))).toBeUndefined()
      }
    }
  }
})
