import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVerifier, type VerifierOptions } from '../../../gateway/adapters/verifier/pool.js'
import { concat, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { encode } from '../../../gateway/core/cbor/codec.js'
import { messageBytesMax } from '../../../gateway/core/limits.js'
import type { Checked, Verifier } from '../../../gateway/ports/verifier.js'
import { holderOf } from '../../support/holder.js'
import { readingOf } from '../../support/reading.js'

const network = 'testnet'
const alice = holderOf(1)
const bob = holderOf(2)

function leafOf(bytes: Uint8Array): string {
  return createHash('sha256')
    .update(concat(Uint8Array.of(0), bytes))
    .digest('hex')
}

function ok(checked: Checked | undefined): Extract<Checked, { form: 'ok' }> {
  if (checked?.form !== 'ok') throw new Error(`not ok: ${JSON.stringify(checked)}`)
  return checked
}

describe.each(['sodium', 'node'] as const)('verifier on %s', (backend) => {
  let verifier: Verifier
  beforeEach(() => {
    verifier = createVerifier({ network, backend, threads: 2 })
  })
  afterEach(() => verifier.close())

  it('says of a reading what it says, in the order of the messages', async () => {
    verifier.setKey(alice.kid, alice.publicKey)
    verifier.setKey(bob.kid, bob.publicKey)
    const values = [
      { metric: 'temperature', time: 1_762_000_060, value: { m: 215, e: -1 } },
      { metric: 'humidity', time: 1_762_000_000, value: { m: 40, e: 0 } },
      { metric: 'humidity', time: 1_762_000_120, value: { m: 41, e: 0 } },
    ]
    const messages = [
      readingOf(alice, network, 70_000, values),
      Uint8Array.of(1, 2, 3),
      readingOf(bob, network, 2 ** 53 - 1),
      new Uint8Array(0),
    ]
    const [first, second, third, fourth] = await verifier.check(messages)
    expect(ok(first)).toEqual({
      form: 'ok',
      kid: alice.kid,
      seq: 70_000,
      leaf: ok(first).leaf,
      known: true,
      signature: true,
      profile: undefined,
      timeMin: 1_762_000_000,
      timeMax: 1_762_000_120,
    })
    expect(toHex(ok(first).leaf)).toBe(leafOf(messages[0]!))
    expect(second).toMatchObject({ form: 'malformed' })
    expect(ok(third)).toMatchObject({ kid: bob.kid, seq: 2 ** 53 - 1, signature: true })
    expect(toHex(ok(third).leaf)).toBe(leafOf(messages[2]!))
    expect(fourth).toMatchObject({ form: 'malformed' })
    expect(verifier.pending).toBe(0)
    expect(verifier.backend).toBe(backend)
  })

  it('refuses what another key, another network or another kind was signed for', async () => {
    verifier.setKey(alice.kid, alice.publicKey)
    verifier.setKey(bob.kid, bob.publicKey)
    const signed = readingOf(alice, network, 5)
    const swapped = { publicKey: alice.publicKey, sign: bob.sign }
    const flipped = signed.slice()
    flipped[flipped.length - 1]! ^= 0x10
    const checked = await verifier.check([
      signed,
      readingOf(alice, 'othernet', 5),
      readingOf(alice, network, 5, undefined, 'rv'),
      readingOf(swapped, network, 5),
      flipped,
    ])
    expect(checked.map((one) => ok(one).signature)).toEqual([true, false, false, false, false])
    expect(checked.every((one) => ok(one).known)).toBe(true)
  })

  it('sees keys that were set before, and none that was removed', async () => {
    const message = readingOf(alice, network, 1)
    const before = verifier.check([message])
    verifier.setKey(alice.kid, alice.publicKey)
    const during = verifier.check([message])
    verifier.removeKey(alice.kid)
    const after = verifier.check([message])
    const all = (await Promise.all([before, during, after])).map(([one]) => ok(one))
    expect(all.map(({ known }) => known)).toEqual([false, true, false])
    expect(all.map(({ signature }) => signature)).toEqual([false, true, false])
  })

  it('keeps the profile apart from the form', async () => {
    verifier.setKey(alice.kid, alice.publicKey)
    const hot = [{ metric: 'temperature', time: 1_762_000_000, value: { m: 86, e: 0 } }]
    const checked = await verifier.check([
      readingOf(alice, network, 1, hot),
      readingOf(alice, network, 2, encode('no pack')),
      readingOf(alice, network, 3, Uint8Array.of(0x9f, 0xff)),
    ])
    expect(ok(checked[0])).toMatchObject({ signature: true, profile: { reason: 'out-of-profile' } })
    expect(ok(checked[0]).profile?.detail).toMatch(/temperature/)
    expect(ok(checked[0]).timeMin).toBeNaN()
    expect(ok(checked[1])).toMatchObject({ signature: true, profile: { reason: 'out-of-profile' } })
    expect(checked[2]).toMatchObject({ form: 'malformed' })
  })

  it('judges the size before anything else', async () => {
    const [over, far] = await verifier.check([
      new Uint8Array(messageBytesMax + 1),
      new Uint8Array(5_000_000),
    ])
    expect(over).toMatchObject({ form: 'malformed', detail: expect.stringMatching(/longer/) })
    expect(far).toMatchObject({ form: 'malformed', detail: expect.stringMatching(/longer/) })
  })

  it('verifies rare messages on the calling thread', () => {
    const message = utf8('a message')
    const signature = alice.sign(message)
    expect(verifier.verifyNow(signature, message, alice.publicKey)).toBe(true)
    expect(verifier.verifyNow(signature, message, bob.publicKey)).toBe(false)
    expect(verifier.verifyNow(signature.subarray(1), message, alice.publicKey)).toBe(false)
  })

  it('spreads batches over its threads and returns all of them', async () => {
    verifier.setKey(alice.kid, alice.publicKey)
    const messages = Array.from({ length: 16 }, (_, seq) => readingOf(alice, network, seq))
    const batches = Array.from({ length: 40 }, () => verifier.check(messages))
    expect(verifier.pending).toBe(40 * 16)
    for (const checked of await Promise.all(batches))
      expect(checked.map((one) => ok(one).seq)).toEqual(messages.map((_, seq) => seq))
    expect(verifier.pending).toBe(0)
    expect(await verifier.check([])).toEqual([])
  })
})

describe('a thread that dies', () => {
  let folder: string
  let verifier: Verifier
  const deaths: string[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fieldproof-verifier-'))
    deaths.length = 0
    const options: VerifierOptions = {
      network: join(folder, 'died'),
      threads: 1,
      script: new URL('./breakingWorker.js', import.meta.url),
      onDeath: (detail) => deaths.push(detail),
    }
    verifier = createVerifier(options)
  })
  afterEach(async () => {
    await verifier.close()
    rmSync(folder, { recursive: true })
  })

  it('is started again with its keys, and its batches are checked', async () => {
    const net = join(folder, 'died')
    verifier.setKey(alice.kid, alice.publicKey)
    const first = verifier.check([readingOf(alice, net, 1)])
    const second = verifier.check([readingOf(alice, net, 2), utf8('break once')])
    const third = verifier.check([readingOf(alice, net, 3)])
    const all = (await Promise.all([first, second, third])).flat()
    expect(all.map((one) => (one.form === 'ok' ? [one.seq, one.signature] : one.form))).toEqual([
      [1, true],
      [2, true],
      'malformed',
      [3, true],
    ])
    expect(deaths).toEqual(['broken once'])
    expect(verifier.pending).toBe(0)
  })

  it('does not die for ever of one message, and those beside it get their answer', async () => {
    const net = join(folder, 'died')
    verifier.setKey(alice.kid, alice.publicKey)
    const batch = verifier.check([
      readingOf(alice, net, 1),
      utf8('break always'),
      readingOf(alice, net, 2),
    ])
    const later = verifier.check([readingOf(alice, net, 3)])
    const all = (await Promise.all([batch, later])).flat()
    expect(all.map((one) => (one.form === 'ok' ? one.seq : one.detail))).toEqual([
      1,
      'the verifier fails on this message',
      2,
      3,
    ])
    expect(deaths.length).toBe(4)
    expect(verifier.pending).toBe(0)
  })
})
