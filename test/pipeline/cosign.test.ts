import { describe, expect, it } from 'vitest'
import { Failure } from '../../gateway/core/failure.js'
import { parseAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { cosign, openCosignatures } from '../../gateway/core/log/cosignature.js'
import { parseNote } from '../../gateway/core/log/note.js'
import { judgeAddCheckpoint, type Witnessed } from '../../gateway/core/log/witnessRule.js'
import { createCosign } from '../../gateway/pipeline/cosign.js'
import {
  askOnlookers,
  type Probe,
  whatStandsAgainst,
  witnessOnlooker,
} from '../../gateway/pipeline/onlookers.js'
import type { SignedCheckpoint } from '../../gateway/pipeline/settle.js'
import type { WitnessAnswer } from '../../gateway/ports/witness.js'
import { until } from '../support/gateway.js'
import { entriesOf, type TestKey, type TestLog, testKey, testLogOf } from '../support/witness.js'

const key = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const log = testLogOf(key, entriesOf(40))
const forked = testLogOf(key, entriesOf(40, 0, 'other'))
const own = testKey('witness.example/w1', 2, 'cosignature')
const other = testKey('witness.example/w2', 3, 'cosignature')

async function checkpointOf(size: number, of: TestLog = log): Promise<SignedCheckpoint> {
  const root = await of.root(size)
  return { origin: key.name, size, root, text: await of.note(size), atMs: 0 }
}

/** A witness in memory by the real rule; `fault` answers in its place, or fails. */
function witnessOf(signer: TestKey = own) {
  let last: Witnessed | undefined
  let fault: ((body: string) => Promise<WitnessAnswer>) | undefined
  const bodies: string[] = []
  const answer = async (body: string): Promise<WitnessAnswer> => {
    bodies.push(body)
    if (fault !== undefined) return fault(body)
    const verdict = judgeAddCheckpoint(body, { keyOf: () => key, lastOf: () => last })
    if (verdict.status === 409) return { kind: 'conflict', size: verdict.size }
    if (verdict.status !== 200) return { ...verdict, kind: 'refused' }
    last = verdict.next
    return { kind: 'cosigned', lines: cosign(verdict.text, signer, 1_762_000_000, signer.sign) }
  }
  return {
    bodies,
    peer: { add: answer },
    see: (seen: Witnessed) => {
      last = seen
    },
    fail: (how: typeof fault) => {
      fault = how
    },
  }
}

function setup(...witnesses: { name: string; key: TestKey; peer: ReturnType<typeof witnessOf> }[]) {
  const published: string[] = []
  const cosigner = createCosign({
    witnesses: witnesses.map(({ name, key, peer }) => ({ name, key, peer: peer.peer })),
    isQuorumMet: (names) => names.has('one'),
    // The proofs of a log in memory: its leaves are level 0, and there are fewer than 256.
    tiles: { read: log.read },
    publish: ({ text }) => published.push(text),
  })
  return { cosigner, published }
}

function signersOf(text: string): string[] {
  const note = parseNote(text)
  const opened = note.ok ? openCosignatures(note.value, [own, other]) : note
  return opened.ok ? opened.value.map(({ key }) => key.name) : [opened.detail]
}

const never = (): Promise<WitnessAnswer> => new Promise(() => undefined)

describe('checkpoints', () => {
  it('are published at once, and again with each line', async () => {
    const [one, two] = [witnessOf(), witnessOf(other)]
    const { cosigner, published } = setup(
      { name: 'one', key: own, peer: one },
      { name: 'two', key: other, peer: two },
    )
    const plain = await checkpointOf(5)
    cosigner.add(plain)
    expect(published).toEqual([plain.text])
    await until('both lines', () => signersOf(cosigner.latest!.text).length === 2)
    expect(published.map((text) => signersOf(text).length)).toEqual([0, 1, 2])
    for (const size of [6, 13, 33]) {
      cosigner.add(await checkpointOf(size))
      await until('both lines', () => signersOf(cosigner.latest!.text).length === 2)
    }
    // What each signed last is remembered: one request does from the first on.
    expect(one.bodies.map((body) => body.split('\n')[0])).toEqual([
      'old 0',
      'old 5',
      'old 6',
      'old 13',
    ])
    await cosigner.stop()
  })

  it('have the line of a witness also while the log is empty, and again after a restart', async () => {
    const one = witnessOf()
    for (const size of [0, 0, 5, 5]) {
      const { cosigner } = setup({ name: 'one', key: own, peer: one })
      cosigner.add(await checkpointOf(size))
      await until('its line', () => signersOf(cosigner.latest!.text).length === 1)
      await cosigner.stop()
    }
  })

  it('wait for nobody: a witness that never answers delays nothing', async () => {
    const one = witnessOf()
    one.fail(never)
    const { cosigner, published } = setup({ name: 'one', key: own, peer: one })
    for (const size of [5, 6, 7]) cosigner.add(await checkpointOf(size))
    expect(published).toEqual([await log.note(5), await log.note(6), await log.note(7)])
    // A proof waits for a moment, then stands under what there is.
    const shown = await cosigner.whenWitnessed(await checkpointOf(7))
    expect(shown.text).toBe(await log.note(7))
    await cosigner.stop()
  })

  it('serve a proof under the newest one that enough have signed', async () => {
    const one = witnessOf()
    const { cosigner } = setup({ name: 'one', key: own, peer: one })
    const first = await checkpointOf(5)
    cosigner.add(first)
    expect(signersOf((await cosigner.whenWitnessed(first)).text)).toEqual([own.name])
    one.fail(never)
    for (let size = 6; size < 16; size++) cosigner.add(await checkpointOf(size))
    expect(cosigner.witnessed(3)?.size).toBe(5)
    expect(cosigner.witnessed(6)).toBeUndefined()
    await cosigner.stop()
  })

  it('are as good as signed where no witness is asked', async () => {
    const cosigner = createCosign({
      witnesses: [],
      isQuorumMet: () => true,
      tiles: { read: log.read },
      publish: () => undefined,
    })
    const plain = await checkpointOf(5)
    expect(cosigner.latest).toBeUndefined()
    cosigner.add(plain)
    expect(cosigner.latest).toBe(plain)
    expect(cosigner.witnessed(5)).toBe(plain)
    expect(await cosigner.whenWitnessed(plain)).toBe(plain)
  })
})

describe('a witness', () => {
  it.concurrent.each<[string, (body: string) => Promise<WitnessAnswer>, RegExp]>([
    [
      'with the signature of another',
      async (body) => {
        const request = parseAddCheckpoint(body)
        const note = request.ok ? parseNote(request.value.checkpoint) : request
        const text = note.ok ? note.value.text : ''
        return { kind: 'cosigned', lines: cosign(text, own, 1, other.sign) }
      },
      /its signature does not verify/,
    ],
    ['with noise', async () => ({ kind: 'cosigned', lines: 'hello\n' }), /does not verify/],
    [
      'that names another size each time',
      async (body) => ({ kind: 'conflict', size: Number(body.split(/[ \n]/)[1]) + 1 }),
      /another size each time|larger|has signed/,
    ],
    ['that knows more', async () => ({ kind: 'conflict', size: 99 }), /has signed 99 entries/],
    ['that saw a fork', async () => ({ kind: 'conflict', size: 0 }), /the log has forked/],
    [
      'that does not follow the log',
      async () => ({ kind: 'refused', status: 404, detail: '' }),
      /give its operator the vkey/,
    ],
    ['with a 422', async () => ({ kind: 'refused', status: 422, detail: '' }), /refuses this log/],
    ['with a 403', async () => ({ kind: 'refused', status: 403, detail: 'x' }), /403 x/],
  ])('%s is named, its line is not taken, and it has another chance', async (_, fault, words) => {
    const one = witnessOf()
    one.fail(fault)
    const { cosigner, published } = setup({ name: 'one', key: own, peer: one })
    cosigner.add(await checkpointOf(5))
    const row = await until('an error', () => cosigner.rows().find(({ error }) => error))
    expect(row.error).toMatch(words)
    expect(published).toEqual([await log.note(5)])
    one.fail(undefined)
    await until('its line', () => signersOf(cosigner.latest!.text).length === 1)
    expect(cosigner.rows()).toEqual([{ name: 'one', size: 5 }])
    await cosigner.stop()
  })

  it('that is away is asked again, and what it knows is learned from its 409', async () => {
    const one = witnessOf()
    one.see({ size: 3, root: await log.root(3), note: await log.note(3) })
    one.fail(() => Promise.reject(new Failure('unavailable', 'no answer')))
    const { cosigner } = setup({ name: 'one', key: own, peer: one })
    cosigner.add(await checkpointOf(5))
    await until('an error', () => cosigner.rows()[0]?.error === 'no answer')
    one.fail(undefined)
    await until('its line', () => signersOf(cosigner.latest!.text).length === 1)
    expect(one.bodies.map((body) => body.split('\n')[0])).toEqual(['old 0', 'old 0', 'old 3'])
    await cosigner.stop()
  })
})

describe('what others have seen', () => {
  const probe = async (size: number): Promise<Probe> => ({
    size,
    note: await log.note(size),
    pathFrom: (from) => log.proof(from, size),
  })
  async function against(seen: Witnessed, size: number, here: number) {
    const one = witnessOf()
    one.see(seen)
    const asked = await askOnlookers([witnessOnlooker('one', one.peer, await probe(size))], 1_000)
    expect(asked.away).toEqual([])
    return whatStandsAgainst(asked, here, (at) => log.root(at))
  }
  const of = async (from: TestLog, size: number): Promise<Witnessed> => ({
    size,
    root: await from.root(size),
    note: await from.note(size),
  })

  it('stands against a smaller log and another one, not against growth', async () => {
    expect(await against(await of(log, 3), 5, 9)).toBeUndefined()
    expect(await against(await of(log, 5), 5, 9)).toBeUndefined()
    expect(await against(await of(log, 7), 5, 9)).toBeUndefined()
    expect(await against(await of(log, 12), 5, 9)).toMatch(/12 entries, and here are 9/)
    expect(await against(await of(forked, 3), 5, 9)).toMatch(/3 entries with another root/)
    expect(await against(await of(forked, 5), 5, 9)).toMatch(/5 entries with another root/)
  })

  it('is not waited for: who is slow or fails is away', async () => {
    const slow = { where: 'slow', seen: () => new Promise<undefined>(() => undefined) }
    const broken = { where: 'broken', seen: () => Promise.reject(new Error('no route')) }
    const quiet = { where: 'quiet', seen: async () => undefined }
    const asked = await askOnlookers([slow, broken, quiet], 20)
    expect(asked.seen).toEqual([{ where: 'quiet', sighting: undefined }])
    expect(asked.away).toEqual([
      { where: 'broken', why: 'no route' },
      { where: 'slow', why: 'no answer in 20 ms' },
    ])
    expect(await whatStandsAgainst(asked, 0, (at) => log.root(at))).toBeUndefined()
  })
})
