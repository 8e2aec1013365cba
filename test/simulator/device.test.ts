import { describe, expect, it } from 'vitest'
import { equal, toHex } from '../../gateway/core/bytes.js'
import { ed25519Verify } from '../../gateway/core/crypto.js'
import { parseConnectToken, verifyConnectToken } from '../../gateway/core/device/connect.js'
import {
  encodeConfiguration,
  encodeReceipt,
  encodeTime,
} from '../../gateway/core/device/downlink.js'
import { parseEnrolment, verifyEnrolment } from '../../gateway/core/device/enrolment.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import { obey, receiptOf, timeFor } from '../../simulator/downlinks.js'
import { deviceKey } from '../../simulator/key.js'
import { holderOf } from '../support/holder.js'
import { nowSec, testDevice } from './support.js'

const values = [{ metric: 'temperature', time: nowSec, value: { m: 215, e: -1 } }]

describe('keys', () => {
  it('come from seed and label, and both signers make the same bytes', () => {
    const noble = deviceKey('s', 'one', 'noble')
    const node = deviceKey('s', 'one', 'node')
    expect(node.id).toBe(noble.id)
    expect(toHex(node.publicKey)).toBe(toHex(noble.publicKey))
    for (let length = 0; length < 300; length += 37) {
      const message = new Uint8Array(length).fill(length)
      expect(equal(node.sign(message), noble.sign(message))).toBe(true)
      expect(ed25519Verify(node.sign(message), message, node.publicKey)).toBe(true)
    }
    expect(deviceKey('s', 'two', 'node').id).not.toBe(noble.id)
    expect(deviceKey('t', 'one', 'node').id).not.toBe(noble.id)
  })
})

describe('a virtual device', () => {
  it('signs what the gateway can read', () => {
    const device = testDevice()
    const item = device.reading(values)
    const reading = decodeReading(item.bytes)
    expect(reading).toMatchObject({ ok: true, value: { header: { seq: item.seq }, values } })
    expect(item.leaf).toBe(toHex(leafHash(item.bytes)))
    expect(device.reading(values).seq).toBe(item.seq + 1)
  })

  it('proves its key at enrolment and at login', () => {
    const device = testDevice()
    const nonce = Uint8Array.of(1, 2, 3, 4)
    const proof = parseEnrolment(device.enrolment(nonce))
    if (!proof.ok) throw new Error(proof.detail)
    expect(proof.value).toMatchObject({
      model: 'sim-climate',
      metrics: ['temperature', 'humidity'],
    })
    expect(verifyEnrolment(proof.value, 'testnet', ed25519Verify, nonce).ok).toBe(true)
    expect(verifyEnrolment(proof.value, 'elsewhere', ed25519Verify, nonce).ok).toBe(false)
    const token = parseConnectToken(device.connectToken(nowSec * 1_000))
    if (!token.ok) throw new Error(token.detail)
    expect(verifyConnectToken(token.value, 'testnet', nowSec, ed25519Verify).ok).toBe(true)
    expect(verifyConnectToken(token.value, 'testnet', nowSec + 3_600, ed25519Verify).ok).toBe(false)
  })

  it('numbers above every earlier start', () => {
    for (const sequence of ['plain', 'boot'] as const) {
      const first = testDevice({ sequence })
      const later = testDevice({ sequence, startMs: nowSec * 1_000 + 180_000 })
      for (let i = 0; i < 1_000; i++) first.takeSeq()
      expect(later.nextSeq).toBeGreaterThan(first.nextSeq)
      expect(Number.isSafeInteger(later.nextSeq)).toBe(true)
      // A gateway that has seen more than the clock explains.
      const highest = later.nextSeq + 7
      later.beginAbove(highest)
      expect(later.nextSeq).toBeGreaterThan(highest)
      const unchanged = later.nextSeq
      later.beginAbove(5)
      expect(later.nextSeq).toBe(unchanged)
    }
    const boot = testDevice({ sequence: 'boot' })
    expect(Math.floor(boot.nextSeq / 2 ** 32)).toBe(boot.bootCount)
  })
})

describe('downlinks', () => {
  const gateway = holderOf(9)
  const nonce = Uint8Array.of(1, 2, 3, 4)
  const time = { sec: nowSec, ms: 250, nonce }

  it('are obeyed from the pinned gateway only', () => {
    const device = testDevice()
    device.gatewayKey = gateway.publicKey
    const fields = { ...time, device: device.id }
    expect(timeFor(device, encodeTime(fields, gateway, 'testnet'), nonce)).toBe(
      nowSec * 1_000 + 250,
    )
    expect(timeFor(device, encodeTime(fields, gateway, 'testnet'), nonce.slice().reverse())).toBe(
      undefined,
    )
    expect(timeFor(device, encodeTime(fields, holderOf(8), 'testnet'), nonce)).toBeUndefined()
    expect(timeFor(device, encodeTime(fields, gateway, 'elsewhere'), nonce)).toBeUndefined()
    const other = encodeTime(
      { ...fields, device: testDevice({ label: 'x' }).id },
      gateway,
      'testnet',
    )
    expect(timeFor(device, other, nonce)).toBeUndefined()
  })

  it('are commands once, and in order', () => {
    const device = testDevice()
    const command = (cmdNo: number, intervalSec: number): Uint8Array =>
      encodeConfiguration(
        { device: device.id, cmdNo, iat: nowSec, intervalSec, records: 1 },
        gateway,
        'testnet',
      )
    expect(obey(device, command(2, 30))).toBe(true)
    expect(obey(device, command(2, 40))).toBe(false)
    expect(obey(device, command(1, 50))).toBe(false)
    expect(device.intervalSec).toBe(30)
    expect(obey(device, new Uint8Array(9))).toBe(false)
  })

  it('are receipts for what was sent', () => {
    const device = testDevice()
    const item = device.reading(values)
    device.outbox.push(item)
    const fields = { device: device.id, seq: item.seq, iat: nowSec, leaf: leafHash(item.bytes) }
    const receipt = receiptOf(device, encodeReceipt(fields, gateway, 'testnet'))
    expect(receipt).toEqual({ seq: item.seq, leaf: device.outbox.leafOf(item.seq) })
  })
})
