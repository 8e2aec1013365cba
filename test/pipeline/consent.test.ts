import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../gateway/core/bytes.js'
import { ed25519Verify, keccak256 } from '../../gateway/core/crypto.js'
import type { Consent } from '../../gateway/core/device/consent.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { Admission } from '../../gateway/core/device/judgement.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { ownerApprovalDigest } from '../../gateway/core/device/ownerApproval.js'
import { ownerConsentDigest } from '../../gateway/core/device/ownerConsent.js'
import { proofLeaf, Registry } from '../../gateway/core/device/registry.js'
import { type Access, createAccess } from '../../gateway/pipeline/access.js'
import type { ContributionLog } from '../../gateway/pipeline/contributionLog.js'
import type { ConsentChange } from '../../gateway/ports/operations.js'
import { holderOf } from '../support/holder.js'

const network = 'testnet'
const nowSec = 1_762_000_000
const gateway = holderOf(1_000)
const alice = holderOf(1)
const id = deviceIdOf(alice.publicKey)
const secret = keccak256(new TextEncoder().encode('cow'))
const owner = '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826'
const cell = '871fb4670ffffff'
const chainId = 31_337

/** Access over a log in memory, with one device that waits. */
async function site(ownerSigned?: { chainId: number }, wish: Partial<Consent> = {}) {
  const entries: { kind: string; bytes: Uint8Array }[] = []
  const append: ContributionLog['append'] = async (batch) => {
    for (const { kind, bytes } of batch) entries.push({ kind, bytes })
    return { first: entries.length - batch.length, atMs: nowSec * 1_000 }
  }
  const registry = new Registry()
  const access = await createAccess({
    network,
    signer: gateway,
    clock: { now: () => nowSec * 1_000, monotonic: () => 0 },
    admission: new Admission(registry),
    log: { append } as ContributionLog,
    pendingStore: { load: async () => [], save: async () => undefined },
    verify: ed25519Verify,
    open: () => true,
    ownerSigned,
    intervalSec: () => 60,
    setKey: () => undefined,
    onState: () => undefined,
  })
  const en = encodeEnrolment(
    {
      nonce: new Uint8Array(0),
      model: 'fp-uno',
      firmware: 'fieldproof',
      version: '1.0',
      metrics: ['temperature', 'humidity', 'noise', 'battery'],
      ...wish,
    },
    alice,
    network,
  )
  expect((await access.enrol(en, { transport: 'mqtt' })).state).toBe('pending')
  return { access, registry, entries, en }
}

function signed(digest: Uint8Array): string {
  const bytes = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' })
  return `0x${toHex(bytes.subarray(1))}${(27 + bytes[0]!).toString(16)}`
}

/** The owner's signature on an approval, or on a consent. */
function approvalBy(en: Uint8Array) {
  const notAfter = nowSec + 60
  const words = { chainId, network, deviceKey: alice.publicKey, owner, cell, notAfter }
  return {
    owner,
    cell,
    notAfter,
    signature: signed(ownerApprovalDigest({ ...words, nonce: proofLeaf(en) })),
  }
}

function consentBy(nonce: Uint8Array, terms: Consent): ConsentChange {
  const notAfter = nowSec + 60
  const digest = ownerConsentDigest({ chainId, network, device: id, notAfter, nonce, ...terms })
  return { ...terms, notAfter, signature: signed(digest) }
}

async function outcome(result: ReturnType<Access['consent']>): Promise<string> {
  const settled = await result
  return settled.ok ? 'ok' : settled.reason
}

describe('consent on its way into the log', () => {
  it('is an admission with the state unchanged, and the registry its fold', async () => {
    const { access, registry, entries } = await site()
    expect((await access.approve(id, { owner, cell, soldMetrics: ['noise'] })).ok).toBe(true)
    expect(registry.byId(id)).toMatchObject({ soldMetrics: ['noise'], soldResolution: 7 })
    expect(await outcome(access.consent(id, { soldResolution: 5 }))).toBe('ok')
    expect((await access.setState(id, 'suspended')).ok).toBe(true)
    expect(await outcome(access.consent(id, { soldMetrics: 'all' }))).toBe('ok')
    expect(registry.byId(id)).toMatchObject({
      state: 'suspended',
      soldMetrics: ['humidity', 'noise', 'temperature'],
      soldResolution: 5,
    })
    expect(entries.map(({ kind }) => kind)).toEqual(['en', 'ap', 'ap', 'ap', 'ap'])
    const again = new Registry()
    for (const { kind, bytes } of entries)
      expect(again.apply(kind as 'en' | 'ap', bytes).ok).toBe(true)
    expect([...again.devices()]).toEqual([...registry.devices()])
  })

  it('is refused where it says nothing, too much, or is of nobody', async () => {
    const { access, entries } = await site()
    expect(await outcome(access.consent(id, { soldMetrics: [] }))).toBe('unknown-device')
    for (const words of [
      { soldMetrics: ['battery'] },
      { soldMetrics: ['pm25'] },
      { soldResolution: 9 },
    ]) {
      const refused = await access.approve(id, { owner, cell, ...words })
      expect(refused).toMatchObject({ ok: false, reason: 'malformed' })
    }
    expect((await access.approve(id, { owner, cell })).ok).toBe(true)
    for (const words of [
      {},
      { soldMetrics: ['battery'] },
      { soldMetrics: ['pm25'] },
      { soldResolution: 2 },
    ])
      expect([words, await outcome(access.consent(id, words))]).toEqual([words, 'malformed'])
    await access.setState(id, 'revoked')
    expect(await outcome(access.consent(id, { soldMetrics: [] }))).toBe('revoked')
    expect(entries).toHaveLength(3)
  })
})

describe('consent where owners sign', () => {
  const terms: Consent = { soldMetrics: ['noise'], soldResolution: 5 }

  it('needs the owner’s signature on exactly this, once', async () => {
    const { access, registry, en } = await site({ chainId })
    expect((await access.approve(id, approvalBy(en))).ok).toBe(true)
    const first = registry.byId(id)!.admission
    const good = consentBy(first, terms)
    expect(await outcome(access.consent(id, terms))).toBe('bad-signature')
    expect(await outcome(access.consent(id, { ...good, soldResolution: 6 }))).toBe('bad-signature')
    expect(await outcome(access.consent(id, { ...good, soldMetrics: 'all' }))).toBe('bad-signature')
    expect(await outcome(access.consent(id, { ...good, notAfter: nowSec - 1 }))).toBe('bad-time')
    expect(await outcome(access.consent(id, good))).toBe('ok')
    expect(registry.byId(id)).toMatchObject(terms)
    // The owner takes it back; who kept the first signature cannot bring it in again.
    const none: Consent = { soldMetrics: [], soldResolution: 5 }
    expect(await outcome(access.consent(id, consentBy(registry.byId(id)!.admission, none)))).toBe(
      'ok',
    )
    expect(await outcome(access.consent(id, good))).toBe('bad-signature')
    expect(registry.byId(id)).toMatchObject(none)
  })

  it('signs what the words come to, also where they leave one out', async () => {
    const { access, registry, en } = await site({ chainId })
    await access.approve(id, approvalBy(en))
    const device = registry.byId(id)!
    const { soldMetrics: _, ...alone } = consentBy(device.admission, {
      soldMetrics: device.soldMetrics,
      soldResolution: 4,
    })
    expect(await outcome(access.consent(id, alone))).toBe('ok')
    expect(registry.byId(id)).toMatchObject({ soldMetrics: device.soldMetrics, soldResolution: 4 })
  })

  it('takes one of two that were signed for the same admission', async () => {
    const { access, registry, en } = await site({ chainId })
    await access.approve(id, approvalBy(en))
    const nonce = registry.byId(id)!.admission
    const both = [consentBy(nonce, terms), consentBy(nonce, { ...terms, soldMetrics: [] })]
    const outcomes = await Promise.all(both.map((one) => outcome(access.consent(id, one))))
    expect(outcomes.sort()).toEqual(['ok', 'replayed'])
  })

  it('may be narrowed by the approval, never widened', async () => {
    const { access, registry, en } = await site(
      { chainId },
      { soldMetrics: ['noise'], soldResolution: 6 },
    )
    const approval = approvalBy(en)
    for (const more of [{ soldMetrics: 'all' as const }, { soldResolution: 7 }]) {
      const refused = await access.approve(id, { ...approval, ...more })
      expect(refused).toMatchObject({ ok: false, reason: 'bad-signature' })
    }
    expect((await access.approve(id, { ...approval, soldResolution: 4 })).ok).toBe(true)
    expect(registry.byId(id)).toMatchObject({ soldMetrics: ['noise'], soldResolution: 4 })
  })
})
