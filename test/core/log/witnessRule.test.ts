import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../gateway/core/log/addCheckpoint.js'
import { openFork } from '../../../gateway/core/log/fork.js'
import { formatVkey } from '../../../gateway/core/log/note.js'
import {
  judgeAddCheckpoint,
  originOfRequest,
  type Witnessed,
  type WitnessVerdict,
} from '../../../gateway/core/log/witnessRule.js'
import { entriesOf, type TestLog, testKey, testLogOf } from '../../support/witness.js'

const key = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const stranger = testKey(key.name, 7, 'note')
const elsewhere = testKey('fieldproof/testnet/bbbbbbbbbbbbb', 1, 'note')
const honest = testLogOf(key, entriesOf(40))
/** The same first 10 entries, then others. */
const forked = testLogOf(key, [...entriesOf(10), ...entriesOf(30, 10, 'other')])

async function requestOf(log: TestLog, from: number, to: number): Promise<string> {
  const [proof, checkpoint] = [await log.proof(from, to), await log.note(to)]
  return formatAddCheckpoint({ oldSize: from, proof, checkpoint })
}

async function witnessed(log: TestLog, size: number): Promise<Witnessed> {
  return { size, root: await log.root(size), note: await log.note(size) }
}

function judge(body: string, last?: Witnessed): WitnessVerdict {
  return judgeAddCheckpoint(body, {
    keyOf: (origin) => (origin === key.name ? key : undefined),
    lastOf: () => last,
  })
}

describe('a request', () => {
  it('has the lines of C2SP and is read as it was written', async () => {
    const body = await requestOf(honest, 5, 9)
    expect(body).toMatch(/^old 5\n([A-Za-z0-9+/]{43}=\n)+\nfieldproof\/testnet\/a+\n9\n/)
    const read = parseAddCheckpoint(body)
    if (!read.ok) expect.fail(read.detail)
    expect(formatAddCheckpoint(read.value)).toBe(body)
    expect(originOfRequest(body)).toBe(key.name)
  })

  const hash = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  it.each([
    ['nothing', ''],
    ['no empty line', `old 0\nx\n1\n${hash}\n`],
    ['no old size', `${hash}\n\nx\n`],
    ['a size with a zero before it', `old 01\n\nx\n`],
    ['a size with a sign', `old -1\n\nx\n`],
    ['2^53', 'old 9007199254740992\n\nx\n'],
    ['two spaces', 'old  0\n\nx\n'],
    ['a carriage return', 'old 0\r\n\r\nx\n'],
    ['a short hash', 'old 1\nAAEC\n\nx\n'],
    ['a hash without padding', `old 1\n${hash.slice(0, -1)}\n\nx\n`],
    ['64 hashes', `old 1\n${`${hash}\n`.repeat(64)}\nx\n`],
    ['a note of no form', 'old 0\n\nx\n'],
    ['too much', `old 0\n\n${'x'.repeat(400_000)}`],
  ])('is refused with 400 or 404: %s', (_, body) => {
    expect([400, 404]).toContain(judge(body).status)
  })

  it('never makes the witness throw, and never gets 200 for noise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (head, tail) => {
        expect(judge(`old ${head}\n\n${tail}`).status).not.toBe(200)
      }),
    )
  })
})

describe('a witness', () => {
  it('cosigns the first checkpoint it sees, of any size', async () => {
    for (const size of [0, 1, 2, 7, 8, 33]) {
      const verdict = judge(await requestOf(honest, 0, size))
      expect(verdict).toMatchObject({ status: 200, origin: key.name, next: { size } })
    }
  })

  it('cosigns growth and the same tree again, between any two sizes', async () => {
    for (let from = 0; from <= 12; from++) {
      const last = await witnessed(honest, from)
      for (let to = from; to <= 20; to++)
        expect([from, to, judge(await requestOf(honest, from, to), last).status]).toEqual([
          from,
          to,
          200,
        ])
    }
  })

  it('answers 404 to a log it does not follow', async () => {
    const other = testLogOf(elsewhere, entriesOf(3))
    expect(judge(await requestOf(other, 0, 3)).status).toBe(404)
  })

  it('answers 403 where its key of the log has not signed', async () => {
    const forged = testLogOf(stranger, entriesOf(3))
    expect(judge(await requestOf(forged, 0, 3)).status).toBe(403)
    const spoiled = (await requestOf(honest, 0, 3)).replace('\n3\n', '\n4\n')
    expect(judge(spoiled).status).toBe(403)
  })

  it('answers 400 where the old size is above the new one', async () => {
    const body = (await requestOf(honest, 0, 3)).replace('old 0', 'old 4')
    expect(judge(body, await witnessed(honest, 4)).status).toBe(400)
  })

  it('answers 409 and the size it has cosigned to any other old size', async () => {
    const last = await witnessed(honest, 7)
    for (const from of [0, 3, 6, 8])
      expect(judge(await requestOf(honest, from, 12), last)).toMatchObject({ status: 409, size: 7 })
    expect(judge(await requestOf(honest, 3, 5), last)).toMatchObject({ status: 409, size: 7 })
    expect(judge(await requestOf(honest, 3, 3))).toMatchObject({ status: 409, size: 0 })
  })

  it('answers 422 to a proof that is spoiled, of other sizes, or where none is due', async () => {
    const last = await witnessed(honest, 7)
    const checkpoint = await honest.note(12)
    const proof = await honest.proof(7, 12)
    const spoiled = [
      [],
      proof.slice(1),
      proof.slice(0, -1),
      proof.toReversed(),
      [...proof, proof[0]!],
      await honest.proof(6, 12),
      await honest.proof(7, 13),
    ]
    for (const [i, bad] of spoiled.entries()) {
      const body = formatAddCheckpoint({ oldSize: 7, proof: bad, checkpoint })
      expect([i, judge(body, last)]).toMatchObject([i, { status: 422 }])
    }
    const again = formatAddCheckpoint({ oldSize: 7, proof, checkpoint: await honest.note(7) })
    expect(judge(again, last).status).toBe(422)
    const first = formatAddCheckpoint({ oldSize: 0, proof, checkpoint })
    expect(judge(first).status).toBe(422)
  })

  it('cosigns a chain of checkpoints only where each is a prefix of the next', async () => {
    const sizes = fc.array(fc.record({ size: fc.nat(40), other: fc.boolean() }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(sizes, async (steps) => {
        let last: Witnessed | undefined
        const cosigned: Witnessed[] = []
        for (const { size, other } of steps) {
          const from = last?.size ?? 0
          if (size < from) continue
          const verdict = judge(await requestOf(other ? forked : honest, from, size), last)
          if (verdict.status !== 200) continue
          last = verdict.next
          cosigned.push(last)
        }
        const isOne = async (log: TestLog): Promise<boolean> => {
          for (const { size, root } of cosigned)
            if (Buffer.compare(root, await log.root(size)) !== 0) return false
          return true
        }
        expect((await isOne(honest)) || (await isOne(forked))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a fork', () => {
  async function evidenceOf(log: TestLog, from: number, to: number, lastSize: number) {
    const last = await witnessed(honest, lastSize)
    const verdict = judge(await requestOf(log, from, to), last)
    return { verdict, fork: 'fork' in verdict ? verdict.fork : undefined }
  }

  it('at the size that was cosigned is refused with 409 and shown by the two notes', async () => {
    const { verdict, fork } = await evidenceOf(forked, 15, 15, 15)
    expect(verdict).toMatchObject({ status: 409, size: 15 })
    expect(fork).toMatchObject({ v: 1, kind: 'fork', log: formatVkey(key), path: [] })
    const opened = openFork(JSON.stringify(fork))
    if (!opened.ok) expect.fail(opened.detail)
    expect(opened.value).toMatchObject({
      origin: key.name,
      older: { size: 15 },
      newer: { size: 15 },
    })
  })

  it('is shown as well where the old size of the request is another', async () => {
    const { verdict, fork } = await evidenceOf(forked, 3, 15, 15)
    expect(verdict).toMatchObject({ status: 409, size: 15 })
    expect(openFork(JSON.stringify(fork)).ok).toBe(true)
  })

  it('of a larger tree is refused with 422, and its own path shows it', async () => {
    const { verdict, fork } = await evidenceOf(forked, 15, 21, 15)
    expect(verdict.status).toBe(422)
    expect(fork?.path.length).toBeGreaterThan(0)
    const opened = openFork(JSON.stringify(fork))
    expect(opened.ok && [opened.value.older.size, opened.value.newer.size]).toEqual([15, 21])
  })

  it('of a tree over a power of two is refused, without evidence: the path lacks its root', async () => {
    const { verdict, fork } = await evidenceOf(forked, 16, 21, 16)
    expect(verdict.status).toBe(422)
    expect(fork).toBeUndefined()
  })

  it('is never seen in an honest log, whatever it sends', async () => {
    const sizes = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20))
    await fc.assert(
      fc.asyncProperty(sizes, async ([lastSize, a, b]) => {
        const { fork } = await evidenceOf(honest, Math.min(a, b), Math.max(a, b), lastSize)
        expect(fork).toBeUndefined()
      }),
    )
  })

  it('is not shown by spoiled evidence', async () => {
    const { fork } = await evidenceOf(forked, 15, 21, 15)
    const say = (change: object): string => {
      const opened = openFork(JSON.stringify({ ...fork, ...change }))
      return opened.ok ? 'shown' : opened.detail
    }
    expect(say({})).toBe('shown')
    expect(say({ newer: await honest.note(21) })).toMatch(/do not contradict/)
    expect(say({ newer: await forked.note(22) })).toMatch(/do not contradict/)
    expect(say({ older: await forked.note(15) })).toMatch(/do not contradict/)
    expect(say({ older: fork?.newer, newer: fork?.older })).toMatch(/do not contradict/)
    expect(say({ path: [] })).toMatch(/do not contradict/)
    expect(say({ path: fork?.path.slice(1) })).toMatch(/do not contradict/)
    expect(say({ path: ['!'] })).toMatch(/b64u/)
    expect(say({ path: 3 })).toMatch(/field/)
    expect(say({ v: 2 })).toMatch(/field/)
    expect(say({ more: 1 })).toMatch(/exactly the fields/)
    expect(say({ log: stranger.vkey })).toMatch(/older: no signature/)
    expect(say({ older: fork?.older.replace('15', '14') })).toMatch(/older:/)
    expect(openFork('{')).toMatchObject({ ok: false })
    expect(openFork('null')).toMatchObject({ ok: false })
  })
})
