import { describe, expect, it } from 'vitest'
import { formatAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import type { ForkEvidence } from '../../gateway/core/log/fork.js'
import type { Witnessed } from '../../gateway/core/log/witnessRule.js'
import { createWitness } from '../../gateway/pipeline/witness.js'
import { entriesOf, type TestLog, testKey, testLogOf } from '../support/witness.js'

const key = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const own = testKey('witness.example/w1', 2, 'cosignature')
const log = testLogOf(key, entriesOf(30))
const forked = testLogOf(key, entriesOf(30, 0, 'other'))

async function requestOf(from: number, to: number, of: TestLog = log): Promise<string> {
  const [proof, checkpoint] = [await of.proof(from, to), await of.note(to)]
  return formatAddCheckpoint({ oldSize: from, proof, checkpoint })
}

/** A disk that fails when it is told to: before the state is there, or after. */
function setup() {
  const disk = new Map<string, Witnessed>()
  const forks: ForkEvidence[] = []
  const notes: string[] = []
  let fault: 'before' | 'after' | undefined
  let memory = new Map<string, Witnessed>()
  const witness = createWitness({
    key: own,
    sign: own.sign,
    keyOf: (origin) => (origin === key.name ? key : undefined),
    ledger: {
      lastOf: (origin) => memory.get(origin),
      async save(origin, next) {
        if (fault === 'before') throw new Error('no space left')
        disk.set(origin, next)
        if (fault === 'after') throw new Error('the folder cannot be synced')
        memory.set(origin, next)
      },
    },
    forks: {
      async keep(fork) {
        forks.push(fork)
        return 'one.json'
      },
    },
    clock: { now: () => 1_762_000_000_000, monotonic: () => 0 },
    note: (text) => notes.push(text),
  })
  return {
    add: (body: string) => witness.add(body),
    disk,
    forks,
    notes,
    fail(how: typeof fault) {
      fault = how
    },
    /** Forgets memory, as a new process does. */
    reload() {
      fault = undefined
      memory = new Map(disk)
    },
  }
}

describe('a witness whose disk fails', () => {
  it.each(['before', 'after'] as const)('signs nothing: %s the state is there', async (how) => {
    const test = setup()
    expect((await test.add(await requestOf(0, 5))).status).toBe(200)
    test.fail(how)
    const answer = await test.add(await requestOf(5, 9))
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('\u2014')
    expect(test.notes.join()).toContain('cannot answer')
    test.reload()
    const known = how === 'before' ? 5 : 9
    expect(test.disk.get(key.name)?.size).toBe(known)
    expect((await test.add(await requestOf(known, 12))).status).toBe(200)
    expect((await test.add(await requestOf(12, 12, forked))).status).toBe(409)
  })

  it('has the state on disk before the signature is there', async () => {
    const test = setup()
    const answer = await test.add(await requestOf(0, 5))
    expect(answer.body).toMatch(/^\u2014 witness\.example\/w1 /)
    expect(test.disk.get(key.name)).toMatchObject({ size: 5, note: await log.note(5) })
  })
})

it('handles requests about one log one after the other', async () => {
  const test = setup()
  const bodies = await Promise.all([
    requestOf(0, 7),
    requestOf(0, 7, forked),
    requestOf(0, 9),
    requestOf(7, 9),
    requestOf(7, 8),
  ])
  const answers = await Promise.all(bodies.map((body) => test.add(body)))
  expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 200, 409])
  expect(answers[4]?.body).toBe('9\n')
  expect(test.forks.length).toBe(1)
  expect(test.notes.join()).toContain('FORK')
})
