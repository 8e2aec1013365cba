import { describe, expect, it } from 'vitest'
import { fromB64u, toB64u, utf8 } from '../../../gateway/core/bytes.js'
import { type CborMap, type CborValue, decode } from '../../../gateway/core/cbor/codec.js'
import { parseSign1 } from '../../../gateway/core/cose/sign1.js'
import { ed25519Verify } from '../../../gateway/core/crypto.js'
import { sealClaims } from '../../../gateway/core/device/message.js'
import { messageBytesMax } from '../../../gateway/core/limits.js'
import {
  breakBetween,
  type EpochFields,
  encodeEpoch,
  epochJson,
  noPreviousRecord,
  parseEpoch,
  parseEpochJson,
  verifyEpoch,
} from '../../../gateway/core/log/epoch.js'
import { leafHash } from '../../../gateway/core/log/tree.js'
import { holderOf } from '../../support/holder.js'

const gateway = holderOf(3)
const fields: EpochFields = {
  network: 'testnet',
  n: 1,
  from: 1_762_000_000,
  to: 1_762_003_600,
  firstIndex: 0,
  endIndex: 70,
  contribRoot: new Uint8Array(32).fill(1),
  contribCount: 2,
  aggRoot: new Uint8Array(32).fill(2),
  aggCount: 3,
  rewardRoot: new Uint8Array(32).fill(3),
  paid: 10n ** 18n,
  previous: noPreviousRecord(),
  ruleset: new Uint8Array(32).fill(4),
  money: { poolIn: 10n ** 18n, carryIn: 5n, usageIn: 7n, unallocated: 10n, carryOut: 2n },
}
const bytes = encodeEpoch(fields, gateway)

function parsed(of: Uint8Array) {
  const record = parseEpoch(of)
  if (!record.ok) throw new Error(record.detail)
  return record.value
}

function claimsOf(of: Uint8Array): CborMap {
  const sign1 = parseSign1(of)
  const payload = sign1.ok ? decode(sign1.value.payload) : sign1
  if (!payload.ok || !(payload.value instanceof Map)) throw new Error('no claims')
  return payload.value
}

describe('epoch record', () => {
  it('reads what it wrote, in the claims of PROTOCOL 6.3', () => {
    const { opened, ...read } = parsed(bytes)
    expect(read).toEqual(fields)
    expect([...claimsOf(bytes).keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(claimsOf(bytes).get(12)).toBe('1000000000000000000')
    expect(claimsOf(bytes).get(15)).toEqual(['1000000000000000000', '5', '7', '10', '2'])
    expect(verifyEpoch(parsed(bytes), gateway.publicKey, ed25519Verify).ok).toBe(true)
    expect(encodeEpoch(fields, gateway)).toEqual(bytes)
  })

  it('fits a message however large its amounts are', () => {
    const most = (1n << 256n) - 1n
    const money = { poolIn: most, carryIn: most, usageIn: most, unallocated: most, carryOut: most }
    const large = encodeEpoch({ ...fields, paid: most, money }, gateway)
    expect(large.length).toBeLessThan(messageBytesMax)
    expect(parsed(large).paid).toBe(most)
  })

  it('is refused under another key, network or kind', () => {
    const record = parsed(bytes)
    const others = [
      verifyEpoch(record, holderOf(4).publicKey, ed25519Verify),
      verifyEpoch({ ...record, network: 'other' }, gateway.publicKey, ed25519Verify),
      verifyEpoch(
        parsed(sealClaims('ap', claimsOf(bytes), gateway, 'testnet')),
        gateway.publicKey,
        ed25519Verify,
      ),
    ]
    for (const other of others) expect(other).toMatchObject({ ok: false, reason: 'bad-signature' })
  })

  const wrong: [string, number, CborValue][] = [
    ['a network in capitals', 1, 'Testnet'],
    ['number 0', 2, 0],
    ['a number as text', 2, '1'],
    ['an end at its beginning', 4, fields.from],
    ['a first epoch that begins later', 5, 1],
    ['entries that end before they begin', 6, -1],
    ['a short root', 7, new Uint8Array(31)],
    ['a negative count', 8, -1],
    ['a root as text', 11, '0x00'],
    ['money as a number', 12, 5],
    ['money with a leading zero', 12, '01000000000000000000'],
    ['money below zero', 12, '-1'],
    ['money of 2^256', 12, String(1n << 256n)],
    ['money that does not add up', 12, '999999999999999999'],
    ['a first record after another', 13, new Uint8Array(32).fill(9)],
    ['four amounts', 15, ['1', '2', '3', '4']],
    ['six amounts', 15, ['1', '2', '3', '4', '5', '6']],
    ['a claim too many', 16, 0],
  ]
  it.each(wrong)('refuses %s', (_, claim, value) => {
    const changed = new Map(claimsOf(bytes)).set(claim, value)
    expect(parseEpoch(sealClaims('ep', changed, gateway, 'testnet'))).toMatchObject({
      ok: false,
      reason: 'malformed',
    })
  })

  it('refuses a record that lacks any claim', () => {
    for (const claim of claimsOf(bytes).keys()) {
      const changed = new Map(claimsOf(bytes))
      changed.delete(claim)
      expect(parseEpoch(sealClaims('ep', changed, gateway, 'testnet')).ok).toBe(false)
    }
  })

  it('takes a record that contradicts itself for a bug of the writer', () => {
    expect(() => encodeEpoch({ ...fields, paid: 1n }, gateway)).toThrow('poolIn + carryIn')
    expect(() => encodeEpoch({ ...fields, n: 2 }, gateway)).toThrow('the first record alone')
  })
})

describe('chain of records', () => {
  const next: EpochFields = {
    ...fields,
    n: 2,
    from: fields.to,
    to: fields.to + 3_600,
    firstIndex: 70,
    endIndex: 71,
    previous: leafHash(bytes),
    money: { ...fields.money, carryIn: 2n, carryOut: 0n, unallocated: 9n },
  }
  const broken = (change: Partial<EpochFields>): string | undefined =>
    breakBetween(parsed(bytes), bytes, parsed(encodeEpoch({ ...next, ...change }, gateway)))

  it('holds where each begins where the last one ended', () => {
    expect(broken({})).toBeUndefined()
  })

  it.each<[string, Partial<EpochFields>]>([
    ['network', { network: 'other' }],
    ['n is 3', { n: 3 }],
    ['from', { from: fields.to + 1 }],
    ['firstIndex', { firstIndex: 71 }],
    ['among its entries', { endIndex: 70 }],
    ['another record', { previous: new Uint8Array(32).fill(1) }],
    ['carryIn', { money: { ...next.money, carryIn: 1n, unallocated: 8n } }],
  ])('is broken: %s', (word, change) => {
    expect(broken(change)).toContain(word)
  })
})

describe('published form', () => {
  const json = epochJson(fields, bytes)

  it('has the fields of PROTOCOL 6.3', () => {
    expect(json).toEqual({
      v: 1,
      n: 1,
      from: 1_762_000_000,
      to: 1_762_003_600,
      firstIndex: 0,
      endIndex: 70,
      contribRoot: '01'.repeat(32),
      contribCount: 2,
      aggRoot: '02'.repeat(32),
      aggCount: 3,
      rewardRoot: `0x${'03'.repeat(32)}`,
      paid: '1000000000000000000',
      money: ['1000000000000000000', '5', '7', '10', '2'],
      record: toB64u(bytes),
    })
  })

  it('is read back, in any order of its fields', () => {
    const again = Object.fromEntries(Object.entries(json).reverse())
    const read = parseEpochJson(JSON.parse(JSON.stringify(again)))
    expect(read.ok && read.value.bytes).toEqual(bytes)
  })

  it('is refused where a field says something else than the record', () => {
    for (const name of Object.keys(json)) {
      const { [name as keyof typeof json]: _, ...rest } = json
      expect([name, parseEpochJson(rest).ok]).toEqual([name, false])
      for (const value of [-1, '', null, [], 0.5, undefined])
        expect([name, parseEpochJson({ ...json, [name]: value }).ok]).toEqual([name, false])
    }
    expect(parseEpochJson({ ...json, more: 1 }).ok).toBe(false)
    const rootInCapitals = { ...json, aggRoot: 'AB'.repeat(32) }
    expect(parseEpochJson(rootInCapitals).ok).toBe(false)
    for (const value of [null, 1, 'x', [], {}, { record: 'A'.repeat(10_000) }, { record: '=' }])
      expect(parseEpochJson(value)).toMatchObject({ ok: false, reason: 'malformed' })
    expect(parseEpochJson({ ...json, record: toB64u(utf8('x')) }).ok).toBe(false)
    expect(fromB64u(json.record)).toEqual(bytes)
  })
})
