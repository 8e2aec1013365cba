import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { ed25519Verify, keccak256, recoverAddress } from '../../../gateway/core/crypto.js'
import { formatAddress } from '../../../gateway/core/device/address.js'
import {
  encodeAdmission,
  parseAdmission,
  verifyAdmission,
} from '../../../gateway/core/device/admission.js'
import {
  consentOf,
  fullConsent,
  isWithinConsent,
  readSoldMetrics,
  soldWires,
} from '../../../gateway/core/device/consent.js'
import {
  encodeEnrolment,
  parseEnrolment,
  verifyEnrolment,
} from '../../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { verifyOwnerConsent } from '../../../gateway/core/device/ownerConsent.js'
import { type Device, proofLeaf, Registry } from '../../../gateway/core/device/registry.js'
import { loadRegistry, saveRegistry } from '../../../gateway/core/device/snapshot.js'
import { type MetricName, metricByName, metrics } from '../../../gateway/core/metric.js'
import { rosterDeviceOf } from '../../../gateway/core/privacy/members.js'
import { holderOf } from '../../support/holder.js'
import { hexBytes, vectorText } from '../../support/vectors.js'

interface Carried {
  soldMetrics: MetricName[] | null
  soldResolution: number | null
  leaf: string
  hex: string
}

const vectors = JSON.parse(vectorText('consent')) as {
  network: string
  gateway: string
  device: { id: string; key: string }
  enrolments: Carried[]
  admissions: Carried[]
  signed: {
    chainId: number
    owner: string
    metrics: string
    resolution: number
    notAfter: number
    nonce: string
    digest: string
    signature: string
  }[]
  refused: { name: string; hex: string }[]
}
const { network } = vectors
const names = metrics.map(({ name }) => name)
const sellable = names.filter((name) => name !== 'battery')
const gateway = holderOf(1_000)
const alice = holderOf(1)
const id = deviceIdOf(alice.publicKey)
const terms = { owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', cell: '871fb4670ffffff' }
const listed: readonly MetricName[] = ['temperature', 'humidity', 'noise', 'battery']

function enrolment(wish: object = {}): Uint8Array {
  const words = { model: 'fp-uno', firmware: 'fieldproof', version: '1.0', metrics: listed }
  return encodeEnrolment({ ...words, nonce: new Uint8Array(0), ...wish }, alice, network)
}

function word(fields: object = {}): Uint8Array {
  return encodeAdmission({ device: id, iat: 1, state: 'active', ...fields }, gateway, network)
}

/** A registry after these entries, and what each was: `ok` or the reason. */
function fold(...entries: ['en' | 'ap', Uint8Array][]): { device: Device; outcomes: string[] } {
  const registry = new Registry()
  const outcomes = entries.map(([kind, bytes]) => {
    const applied = registry.apply(kind, bytes)
    return applied.ok ? 'ok' : applied.reason
  })
  const loaded = loadRegistry(saveRegistry(registry))
  if (!loaded.ok) throw new Error(loaded.detail)
  const device = registry.byId(id)!
  expect(loaded.value.byId(id)).toEqual(device)
  return { device, outcomes }
}

function approvedWith(fields: object = {}, wish: object = {}): Device {
  const en = enrolment(wish)
  const proof = proofLeaf(en)
  const { device, outcomes } = fold(['en', en], ['ap', word({ ...terms, proof, ...fields })])
  expect(outcomes).toEqual(['ok', 'ok'])
  return device
}

describe('consent in the log', () => {
  it('has the vectors’ bytes', () => {
    for (const { hex, leaf, soldMetrics, soldResolution } of vectors.enrolments) {
      const parsed = parseEnrolment(hexBytes(hex))
      if (!parsed.ok) throw new Error(parsed.detail)
      expect(verifyEnrolment(parsed.value, network, ed25519Verify).ok).toBe(true)
      expect(parsed.value.soldMetrics ?? null).toEqual(soldMetrics)
      expect(parsed.value.soldResolution ?? null).toBe(soldResolution)
      expect(toHex(proofLeaf(hexBytes(hex)))).toBe(leaf)
    }
    for (const { hex, leaf, soldMetrics, soldResolution } of vectors.admissions) {
      const parsed = parseAdmission(hexBytes(hex))
      if (!parsed.ok) throw new Error(parsed.detail)
      const key = fromHex(vectors.gateway)!
      expect(verifyAdmission(parsed.value, key, network, ed25519Verify).ok).toBe(true)
      expect(parsed.value.soldMetrics ?? null).toEqual(soldMetrics)
      expect(parsed.value.soldResolution ?? null).toBe(soldResolution)
      expect(toHex(proofLeaf(hexBytes(hex)))).toBe(leaf)
    }
  })

  it.each(vectors.refused)('is refused with $name', ({ hex }) => {
    expect(parseAdmission(hexBytes(hex))).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('is everything but battery at the finest resolution where nobody says more', () => {
    const { soldMetrics, soldResolution } = approvedWith()
    expect([soldMetrics, soldResolution]).toEqual([['humidity', 'noise', 'temperature'], 7])
  })

  it('is the wish of the device, over which the approval stands', () => {
    const wish = { soldMetrics: ['humidity', 'noise'], soldResolution: 5 }
    expect(approvedWith({}, wish)).toMatchObject(wish)
    expect(approvedWith({ soldMetrics: [] }, wish)).toMatchObject({ ...wish, soldMetrics: [] })
    const said = { soldMetrics: ['temperature'], soldResolution: 7 }
    expect(approvedWith(said, wish)).toMatchObject(said)
  })

  it('changes by the newest admission that says it, whatever the state', () => {
    const en = enrolment()
    const first = word({ ...terms, proof: proofLeaf(en) })
    const less = word({ soldMetrics: ['noise'], soldResolution: 4 })
    const suspended = word({ state: 'suspended' })
    const coarser = word({ state: 'suspended', soldResolution: 3 })
    const { device, outcomes } = fold(
      ['en', en],
      ['ap', first],
      ['ap', less],
      ['ap', suspended],
      ['ap', coarser],
    )
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(device).toMatchObject({
      state: 'suspended',
      soldMetrics: ['noise'],
      soldResolution: 3,
      admission: proofLeaf(coarser),
    })
  })

  it('names nothing that the device does not list', () => {
    const en = enrolment()
    const proof = proofLeaf(en)
    const beyond = word({ ...terms, proof, soldMetrics: ['pm25'] })
    const good = word({ ...terms, proof })
    const later = word({ soldMetrics: ['co2'] })
    const { device, outcomes } = fold(['en', en], ['ap', beyond], ['ap', good], ['ap', later])
    expect(outcomes).toEqual(['ok', 'malformed', 'ok', 'malformed'])
    expect(device.admission).toEqual(proofLeaf(good))
    const bytes = enrolment({ soldMetrics: ['pm25'] })
    expect(parseEnrolment(bytes)).toMatchObject({ ok: false, reason: 'malformed' })
  })
})

describe('words of consent', () => {
  it('are one list in one order, and read again as they were', () => {
    fc.assert(
      fc.property(fc.subarray(sellable), fc.subarray(names), (said, has) => {
        const consent = consentOf({ soldMetrics: [...said].reverse() }, has)
        const isKnown = said.every((name) => has.includes(name))
        expect(consent.ok).toBe(isKnown)
        if (!consent.ok) return
        const sold = consent.value.soldMetrics!
        expect([...sold].sort()).toEqual([...said].sort())
        expect(readSoldMetrics(soldWires(sold))).toEqual(sold)
        expect(isWithinConsent({ soldMetrics: sold }, fullConsent(has))).toBe(true)
        expect(fullConsent(has).soldMetrics).not.toContain('battery')
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['battery', { soldMetrics: ['battery'] }],
    ['a metric that it does not measure', { soldMetrics: ['pm25'] }],
    ['no metric', { soldMetrics: ['__proto__'] }],
    ['a coarser resolution than any label', { soldResolution: 2 }],
    ['a finer one than any registration', { soldResolution: 8 }],
    ['half a resolution', { soldResolution: 5.5 }],
  ])('are refused: %s', (_name, words) => {
    expect(consentOf(words, listed)).toMatchObject({ ok: false, reason: 'malformed' })
  })
})

describe('what owners sign', () => {
  it.each(vectors.signed)('is the standard’s digest: chain $chainId', async (vector) => {
    const type =
      'Consent(string network,string device,string metrics,uint8 resolution,uint64 notAfter,bytes32 nonce)'
    const text = (value: string): Uint8Array => keccak256(utf8(value))
    const number = (value: number): Uint8Array => fromHex(value.toString(16).padStart(64, '0'))!
    const domain = keccak256(
      text('EIP712Domain(string name,string version,uint256 chainId)'),
      text('FieldProof'),
      text('1'),
      number(vector.chainId),
    )
    const struct = keccak256(
      text(type),
      text(network),
      text(vectors.device.id),
      text(vector.metrics),
      number(vector.resolution),
      number(vector.notAfter),
      fromHex(vector.nonce)!,
    )
    const digest = keccak256(Uint8Array.of(0x19, 0x01), domain, struct)
    expect(toHex(digest)).toBe(vector.digest)
    const signer = await recoverAddress(digest, fromHex(vector.signature.slice(2))!)
    expect(signer && formatAddress(signer)).toBe(vector.owner)
  })

  it('is good for these terms, this device and this admission alone, in time', async () => {
    const [vector] = vectors.signed
    const { chainId, notAfter, owner, resolution, signature } = vector!
    const consent = {
      chainId,
      network,
      device: vectors.device.id,
      soldMetrics: vector!.metrics.split(',') as MetricName[],
      soldResolution: resolution,
      notAfter,
      nonce: fromHex(vector!.nonce)!,
    }
    const judge = async (changes: object = {}, nowSec = notAfter, by = owner): Promise<string> => {
      const bytes = fromHex(signature.slice(2))!
      const result = await verifyOwnerConsent({ ...consent, ...changes }, by, bytes, nowSec)
      return result.ok ? 'ok' : result.reason
    }
    expect(await judge()).toBe('ok')
    expect(await judge({ soldMetrics: [...consent.soldMetrics].reverse() })).toBe('ok')
    expect(await judge({}, notAfter + 1)).toBe('bad-time')
    for (const changes of [
      { chainId: 2 },
      { network: 'mainnet' },
      { device: id },
      { soldMetrics: ['humidity'] },
      { soldMetrics: [] },
      { soldResolution: resolution + 1 },
      { notAfter: notAfter + 1 },
      { nonce: new Uint8Array(32) },
    ])
      expect([changes, await judge(changes)]).toEqual([changes, 'bad-signature'])
    expect(await judge({}, notAfter, terms.owner)).toBe('bad-signature')
  })
})

describe('a device in a roster', () => {
  const device = approvedWith()

  it('has the metrics that are sold and the cell that is told', () => {
    expect(rosterDeviceOf(device)).toEqual({
      device: id,
      owner: terms.owner,
      cell: terms.cell,
      placement: 'outdoor',
      metrics: ['humidity', 'noise', 'temperature'],
    })
    const coarse = rosterDeviceOf({ ...device, soldMetrics: ['noise'], soldResolution: 5 })
    expect(coarse).toMatchObject({ cell: '851fb467fffffff', metrics: ['noise'] })
    const own = rosterDeviceOf({ ...device, cell: '841fb47ffffffff', soldResolution: 7 })
    expect(own.cell).toBe('841fb47ffffffff')
  })

  it('never sells battery, nor what it does not list, whoever names it', () => {
    const soldMetrics: MetricName[] = ['battery', 'pm25', 'temperature']
    expect(rosterDeviceOf({ ...device, soldMetrics }).metrics).toEqual(['temperature'])
    expect(metricByName('battery')?.class).toBe('none')
  })
})
