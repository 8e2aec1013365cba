import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { equal, toHex } from '../../../gateway/core/bytes.js'
import { ed25519Verify } from '../../../gateway/core/crypto.js'
import {
  type AdmissionFields,
  encodeAdmission,
  parseAdmission,
} from '../../../gateway/core/device/admission.js'
import { encodeConnectToken } from '../../../gateway/core/device/connect.js'
import { encodeEnrolment, parseEnrolment } from '../../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { judgeLogin } from '../../../gateway/core/device/login.js'
import { PendingList } from '../../../gateway/core/device/pending.js'
import { type Change, proofLeaf, Registry } from '../../../gateway/core/device/registry.js'
import {
  encodeRotation,
  encodeSelfRevocation,
  parseRotation,
  parseSelfRevocation,
} from '../../../gateway/core/device/rotation.js'
import { loadRegistry, saveRegistry } from '../../../gateway/core/device/snapshot.js'
import { pendingMax } from '../../../gateway/core/limits.js'
import type { Result } from '../../../gateway/core/verdict.js'
import { holderOf, type TestHolder } from '../../support/holder.js'

const network = 'testnet'
const gateway = holderOf(1_000)
const alice = holderOf(1)
const bob = holderOf(2)
const carol = holderOf(3)
const owner = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const cell = '871fb4670ffffff'
const iat = 1_762_000_000
const id = deviceIdOf(alice.publicKey)

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`)
  return result.value
}

function reasonOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.reason
}

function enrolmentOf(holder: TestHolder, version = '1.0'): Uint8Array {
  return encodeEnrolment(
    {
      nonce: new Uint8Array(0),
      model: 'fp-uno',
      firmware: 'fieldproof',
      version,
      metrics: ['temperature'],
    },
    holder,
    network,
  )
}

function admissionOf(holder: TestHolder, changes: Partial<AdmissionFields> = {}): Uint8Array {
  const device = deviceIdOf(holder.publicKey)
  return encodeAdmission({ device, iat, state: 'active', ...changes }, gateway, network)
}

function approve(registry: Registry, holder: TestHolder): Change {
  const proof = enrolmentOf(holder)
  value(registry.apply('en', proof))
  return value(registry.apply('ap', admissionOf(holder, { owner, cell, proof: proofLeaf(proof) })))
}

function rotate(seq: number, from: TestHolder, to: TestHolder, device = id): Uint8Array {
  return encodeRotation({ device, iat, seq }, from, to, network)
}

describe('Registry', () => {
  let registry: Registry
  beforeEach(() => {
    registry = new Registry()
  })

  it('knows a device from its approval on', () => {
    const proof = enrolmentOf(alice)
    expect(value(registry.apply('en', proof)).device).toBeUndefined()
    expect(registry.byId(id)).toBeUndefined()
    expect(registry.keyFor(alice.kid, 0)).toBeUndefined()
    const leaf = proofLeaf(proof)
    const word = admissionOf(alice, { owner, cell, proof: leaf })
    const change = value(registry.apply('ap', word))
    expect(change.before).toBeUndefined()
    expect(change.newKey?.kid).toBe(alice.kid)
    expect(change.device).toEqual({
      id,
      state: 'active',
      keys: [
        {
          kid: alice.kid,
          key: alice.publicKey,
          fromSeq: 0,
          untilSeq: Number.POSITIVE_INFINITY,
        },
      ],
      owner,
      cell,
      placement: 'outdoor',
      intervalSec: 60,
      simulated: false,
      model: 'fp-uno',
      firmware: 'fieldproof',
      version: '1.0',
      ownedSec: 1_762_000_000,
      metrics: ['temperature'],
      soldMetrics: ['temperature'],
      soldResolution: 7,
      proof: leaf,
      admission: proofLeaf(word),
    })
    expect(registry.openProofs()).toEqual([])
    expect(registry.keyFor(alice.kid, 70_000)).toEqual({
      device: id,
      state: 'active',
      key: alice.publicKey,
      problem: undefined,
    })
  })

  it('makes no device without its proof, its owner or its cell', () => {
    const proof = enrolmentOf(alice)
    const leaf = proofLeaf(proof)
    const full = { owner, cell, proof: leaf }
    expect(reasonOf(registry.apply('ap', admissionOf(alice, full)))).toBe('unknown-device')
    value(registry.apply('en', proof))
    const bare = admissionOf(alice, { owner, cell })
    expect(reasonOf(registry.apply('ap', bare))).toBe('unknown-device')
    expect(reasonOf(registry.apply('ap', admissionOf(bob, full)))).toBe('unknown-device')
    expect(reasonOf(registry.apply('ap', admissionOf(alice, { cell, proof: leaf })))).toBe(
      'malformed',
    )
    expect(reasonOf(registry.apply('ap', admissionOf(alice, { owner, proof: leaf })))).toBe(
      'malformed',
    )
    const suspended = admissionOf(alice, { ...full, state: 'suspended' })
    expect(reasonOf(registry.apply('ap', suspended))).toBe('malformed')
    expect(registry.size).toBe(0)
    expect(reasonOf(registry.apply('ap', admissionOf(alice, full)))).toBe('ok')
  })

  it('suspends and resumes, changes terms, and revokes for ever', () => {
    approve(registry, alice)
    const suspend = value(registry.apply('ap', admissionOf(alice, { state: 'suspended' })))
    expect([suspend.before?.state, suspend.device?.state]).toEqual(['active', 'suspended'])
    expect(registry.keyFor(alice.kid, 1)?.state).toBe('suspended')
    const terms = { cell: '861fb4677ffffff', intervalSec: 300, placement: 'indoor' as const }
    value(registry.apply('ap', admissionOf(alice, terms)))
    expect(registry.byId(id)).toMatchObject({ state: 'active', owner, ...terms })
    value(registry.apply('ap', admissionOf(alice, { state: 'revoked' })))
    for (const state of ['active', 'suspended', 'revoked'] as const)
      expect(reasonOf(registry.apply('ap', admissionOf(alice, { state })))).toBe('revoked')
    expect(registry.keyFor(alice.kid, 1)?.state).toBe('revoked')
  })

  it('never takes a kid twice: same key, other key, or after a revocation', () => {
    approve(registry, alice)
    const again = value(parseEnrolment(enrolmentOf(alice, '2.0')))
    expect(reasonOf(registry.judgeEnrolment(again))).toBe('revoked')
    const otherKey = { ...again, key: bob.publicKey }
    expect(reasonOf(registry.judgeEnrolment(otherKey))).toBe('bad-signature')
    expect(reasonOf(registry.judgeEnrolment(value(parseEnrolment(enrolmentOf(bob)))))).toBe('ok')
    value(registry.apply('rv', encodeSelfRevocation({ device: id, iat, seq: 1 }, alice, network)))
    expect(reasonOf(registry.judgeEnrolment(again))).toBe('revoked')
    expect(registry.byId(id)?.state).toBe('revoked')
  })

  it('rotates: old key below, new key above, nothing at the rotation itself', () => {
    approve(registry, alice)
    const change = value(registry.apply('ro', rotate(100, alice, bob)))
    expect(change.newKey).toMatchObject({ kid: bob.kid, fromSeq: 101 })
    const problem = (holder: TestHolder, seq: number) => registry.keyFor(holder.kid, seq)?.problem
    expect([problem(alice, 0), problem(alice, 99)]).toEqual([undefined, undefined])
    expect([problem(alice, 100), problem(alice, 101)]).toEqual(['revoked', 'revoked'])
    expect([problem(bob, 99), problem(bob, 100)]).toEqual(['bad-signature', 'bad-signature'])
    expect(problem(bob, 101)).toBeUndefined()
    expect(registry.byKid(bob.kid)?.id).toBe(id)
    expect(registry.keyOf(alice.kid)?.untilSeq).toBe(100)

    value(registry.apply('ro', rotate(200, bob, carol)))
    expect(problem(bob, 150)).toBeUndefined()
    expect(problem(bob, 200)).toBe('revoked')
    expect(problem(carol, 201)).toBeUndefined()
    expect(registry.byId(id)?.keys.map(({ kid }) => kid)).toEqual([alice.kid, bob.kid, carol.kid])
  })

  it('refuses rotations that do not follow', () => {
    approve(registry, alice)
    approve(registry, carol)
    const judge = (bytes: Uint8Array, highest = -1): string =>
      reasonOf(registry.judgeRotation(value(parseRotation(bytes)), highest))
    expect(judge(rotate(100, alice, bob), 99)).toBe('ok')
    expect(judge(rotate(100, alice, bob), 100)).toBe('replayed')
    expect(judge(rotate(100, bob, holderOf(4)))).toBe('unknown-device')
    expect(judge(rotate(100, alice, bob, deviceIdOf(carol.publicKey)))).toBe('unknown-device')
    expect(judge(rotate(100, alice, carol))).toBe('revoked')
    expect(judge(rotate(100, alice, alice))).toBe('revoked')
    const collision = value(parseRotation(rotate(100, alice, carol)))
    collision.newKey = bob.publicKey
    expect(reasonOf(registry.judgeRotation(collision, -1))).toBe('bad-signature')

    value(registry.apply('ro', rotate(100, alice, bob)))
    // The old key at a sequence that is still its own may send readings, but change no rights.
    expect(judge(rotate(50, alice, holderOf(4)))).toBe('revoked')
    expect(judge(rotate(150, alice, holderOf(4)))).toBe('revoked')
    expect(judge(rotate(100, bob, holderOf(4)))).toBe('bad-signature')
    expect(judge(rotate(150, bob, alice))).toBe('revoked')
    const oldWord = encodeSelfRevocation({ device: id, iat, seq: 50 }, alice, network)
    expect(reasonOf(registry.judgeSelfRevocation(value(parseSelfRevocation(oldWord)), -1))).toBe(
      'revoked',
    )
    value(registry.apply('ap', admissionOf(alice, { state: 'suspended' })))
    expect(judge(rotate(150, bob, holderOf(4)))).toBe('suspended')
  })

  it('bounds the keys of a device', () => {
    approve(registry, alice)
    let from = alice
    let result: Result<unknown> = { ok: true, value: undefined }
    let rotations = 0
    while (result.ok) {
      const to = holderOf(10_000 + rotations)
      result = registry.apply('ro', rotate(1 + rotations, from, to))
      from = to
      rotations++
    }
    expect([reasonOf(result), rotations]).toEqual(['out-of-profile', 256])
  })

  it('refuses entries that are none', () => {
    for (const kind of ['en', 'ap', 'ro', 'rv'] as const)
      expect(reasonOf(registry.apply(kind, Uint8Array.of(1, 2)))).toBe('malformed')
  })

  it('is the same from its snapshot, whatever happened', () => {
    const holders = [alice, bob, carol]
    const spares = Array.from({ length: 20 }, (_, i) => holderOf(500 + i))
    const step = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom(
        ...([
          'en',
          'approve',
          'suspended',
          'active',
          'consent',
          'rotate',
          'rv',
          'revoked',
        ] as const),
      ),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const registry = new Registry()
        const current = [...holders]
        steps.forEach(({ who, what }, at) => {
          const first = holders[who]!
          const device = deviceIdOf(first.publicKey)
          if (what === 'en') registry.apply('en', enrolmentOf(first, `${at}`))
          else if (what === 'approve' && registry.byId(device) === undefined)
            approve(registry, first)
          else if (what === 'consent') {
            const terms = {
              state: 'active' as const,
              soldMetrics: [],
              soldResolution: 3 + (at % 5),
            }
            registry.apply('ap', admissionOf(first, terms))
          } else if (what === 'rotate') {
            const to = spares[at]!
            const change = registry.apply('ro', rotate(at + 1, current[who]!, to, device))
            if (change.ok) current[who] = to
          } else if (what === 'rv') {
            const fields = { device, iat, seq: at + 1 }
            registry.apply('rv', encodeSelfRevocation(fields, current[who]!, network))
          } else if (what === 'suspended' || what === 'active' || what === 'revoked')
            registry.apply('ap', admissionOf(first, { state: what }))
        })
        const bytes = saveRegistry(registry)
        const loaded = value(loadRegistry(bytes))
        expect([...loaded.devices()]).toEqual([...registry.devices()])
        expect(loaded.openProofs()).toEqual(registry.openProofs())
        expect(equal(saveRegistry(loaded), bytes)).toBe(true)
        for (const holder of [...holders, ...spares])
          for (const seq of [0, 3, 9])
            expect(loaded.keyFor(holder.kid, seq)).toEqual(registry.keyFor(holder.kid, seq))
      }),
      { numRuns: 40 },
    )
  })

  it('refuses snapshots that are none', () => {
    approve(registry, alice)
    const good = saveRegistry(registry)
    expect(reasonOf(loadRegistry(good))).toBe('ok')
    for (let length = 0; length < good.length; length += 7)
      expect(reasonOf(loadRegistry(good.subarray(0, length)))).toBe('malformed')
    const other = good.slice()
    other[1] = 1
    expect(reasonOf(loadRegistry(other))).toBe('malformed')
  })
})

describe('login', () => {
  const rules = { network, nowSec: iat, open: true, verify: ed25519Verify }
  let registry: Registry
  beforeEach(() => {
    registry = new Registry()
  })

  function login(holder: TestHolder, name = id, open = true, on = network): string {
    const password = encodeConnectToken(holder, on, iat + 60)
    const judged = judgeLogin(registry, name, password, { ...rules, open })
    return judged.ok ? `${judged.value.role} ${judged.value.name}` : judged.reason
  }

  it('makes an unknown key a candidate, where enrolment is open', () => {
    expect(login(alice)).toBe(`candidate ${id}`)
    expect(login(alice, id, false)).toBe('unknown-device')
    expect(login(alice, deviceIdOf(bob.publicKey))).toBe('unknown-device')
    expect(login(alice, id, true, 'othernet')).toBe('bad-signature')
    expect(judgeLogin(registry, id, 'password', rules).ok).toBe(false)
    expect(judgeLogin(registry, id, '', rules).ok).toBe(false)
  })

  it('makes a registered key its device, and never a candidate again', () => {
    approve(registry, alice)
    expect(login(alice, id, false)).toBe(`device ${id}`)
    expect(login(alice, deviceIdOf(bob.publicKey))).toBe('unknown-device')
    value(registry.apply('ro', rotate(5, alice, bob)))
    expect(login(alice)).toBe('revoked')
    expect(login(bob)).toBe(`device ${id}`)
    expect(login(bob, deviceIdOf(bob.publicKey))).toBe('unknown-device')
    value(registry.apply('ap', admissionOf(alice, { state: 'suspended' })))
    expect(login(bob)).toBe('suspended')
    value(registry.apply('ap', admissionOf(alice, { state: 'revoked' })))
    expect(login(bob)).toBe('revoked')
  })
})

describe('PendingList', () => {
  const hour = 3_600_000
  const enrolment = (bytes: Uint8Array) => value(parseEnrolment(bytes))

  it('replaces an older proof of the same key, and nothing by a replay', () => {
    const list = new PendingList()
    const [first, second] = [enrolmentOf(alice, '1'), enrolmentOf(alice, '2')]
    value(list.offer(enrolment(first), first, 0))
    value(list.offer(enrolment(second), second, 10))
    expect(list.size).toBe(1)
    expect(list.get(id)).toMatchObject({ atMs: 10, enrolment: { version: '2' } })
    value(list.offer(enrolment(second), second, 20))
    expect(list.get(id)?.atMs).toBe(10)
    const other = { ...enrolment(first), key: bob.publicKey }
    expect(reasonOf(list.offer(other, first, 30))).toBe('bad-signature')
    expect(list.remove(id)).toBe(true)
    expect(list.remove(id)).toBe(false)
  })

  it('holds 100 for 24 hours and lets no flood displace them', () => {
    const list = new PendingList()
    const honest = enrolmentOf(alice)
    value(list.offer(enrolment(honest), honest, 0))
    for (let n = 1; n < pendingMax; n++) {
      const bytes = enrolmentOf(holderOf(2_000 + n))
      value(list.offer(enrolment(bytes), bytes, 1))
    }
    const late = enrolmentOf(bob)
    expect(reasonOf(list.offer(enrolment(late), late, 2))).toBe('overloaded')
    expect(list.get(id)).toBeDefined()
    const newer = enrolmentOf(alice, '2')
    expect(reasonOf(list.offer(enrolment(newer), newer, 3))).toBe('ok')
    expect(list.size).toBe(pendingMax)
    expect(list.expire(24 * hour)).toEqual([])
    expect(list.expire(24 * hour + 1).length).toBe(pendingMax - 1)
    expect(reasonOf(list.offer(enrolment(late), late, 24 * hour + 2))).toBe('ok')
    expect(list.list().map(({ device }) => device)).toEqual([id, deviceIdOf(bob.publicKey)])
  })

  it('comes back from its records, valid ones alone, and keeps a copy', () => {
    const list = new PendingList()
    const mine = enrolmentOf(alice)
    const buffer = new Uint8Array([9, ...mine, 9])
    const view = buffer.subarray(1, -1)
    value(list.offer(enrolment(view), view, 5))
    buffer.fill(0)
    expect(list.get(id)?.bytes).toEqual(mine)
    const records = list.save()
    const anyone = () => true
    const restored = new PendingList()
    const broken = records[0]!.slice()
    broken[broken.length - 1]! ^= 1
    const junk = [new Uint8Array(3), new Uint8Array(40), broken]
    restored.restore([...junk, ...records], network, ed25519Verify, 1_000, anyone)
    expect(restored.list().map(({ device, atMs }) => [device, atMs])).toEqual([[id, 5]])
    const elsewhere = new PendingList()
    elsewhere.restore(records, 'othernet', ed25519Verify, 1_000, anyone)
    expect(elsewhere.size).toBe(0)
    const approved = new PendingList()
    approved.restore(records, network, ed25519Verify, 1_000, () => false)
    expect(approved.size).toBe(0)
    const later = new PendingList()
    later.restore(records, network, ed25519Verify, 25 * hour, anyone)
    expect(later.size).toBe(0)
    expect(toHex(records[0]!.subarray(0, 8))).toBe('0000000000000005')
  })
})

describe('judging before writing', () => {
  it('asks the registry with the proof that waits', () => {
    const registry = new Registry()
    const proof = enrolmentOf(alice)
    const admission = value(
      parseAdmission(admissionOf(alice, { owner, cell, proof: proofLeaf(proof) })),
    )
    const enrolment = value(parseEnrolment(proof))
    expect(reasonOf(registry.judgeAdmission(admission))).toBe('unknown-device')
    expect(reasonOf(registry.judgeAdmission(admission, enrolment))).toBe('ok')
    const ofBob = value(parseEnrolment(enrolmentOf(bob)))
    expect(reasonOf(registry.judgeAdmission(admission, ofBob))).toBe('unknown-device')
    expect(registry.size).toBe(0)
  })
})
