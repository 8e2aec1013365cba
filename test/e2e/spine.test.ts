import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromB64u, toHex } from '../../gateway/core/bytes.js'
import { ed25519Verify } from '../../gateway/core/crypto.js'
import { parseConfiguration, parseReceipt } from '../../gateway/core/device/downlink.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { isSignedBy } from '../../gateway/core/device/message.js'
import { encodeRotation, encodeSelfRevocation } from '../../gateway/core/device/rotation.js'
import { assert } from '../../gateway/core/failure.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import type { Value } from '../../gateway/core/senml/pack.js'
import type { DeviceView, StatusView } from '../../gateway/ports/operations.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { connectDevice, enrol, type MqttDevice, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
const nowSec = (): number => Math.floor(Date.now() / 1000)

function warmth(m: number, time = nowSec()): Value[] {
  return [{ metric: 'temperature', time, value: { m, e: -1 } }]
}

describe('one reading, from the wire to a proof', () => {
  const holder = holderOf(1)
  const id = deviceIdOf(holder.publicKey)
  const dataDir = temporaryFolder()
  const file = join(temporaryFolder(), 'proof.json')
  const reading = readingOf(holder, testNetwork, 70_000, warmth(215))
  let gateway: RunningGateway
  let device: MqttDevice

  beforeAll(async () => {
    gateway = await startGateway({ dataDir, env })
    await enrol(gateway, holder)
    device = await connectDevice(gateway, holder)
  })

  afterAll(async () => {
    await device.close()
    await gateway.kill()
  })

  it('is acknowledged once it is in the log', async () => {
    await device.send(reading)
    const rows = await gateway.api<{ seq: number; leaf: string }[]>(`/api/devices/${id}/messages`)
    expect(rows.map(({ seq, leaf }) => ({ seq, leaf }))).toEqual([
      { seq: 70_000, leaf: toHex(leafHash(reading)) },
    ])
  })

  it('is answered accepted again, and counted once', async () => {
    expect(await device.verdict(reading)).toBe('accepted')
    const view = await gateway.api<DeviceView>(`/api/devices/${id}`)
    expect(view.accepted).toBe(1)
  })

  it('is visible as a value', async () => {
    const latest = await until('the value', async () => {
      const view = await gateway.api<DeviceView>(`/api/devices/${id}`)
      return view.latest.length > 0 && view.latest
    })
    expect(latest).toMatchObject([{ metric: 'temperature', value: 21.5, unit: 'Cel' }])
  })

  it('is proved by a file that verifies offline', async () => {
    const made = await fieldproof(['proof', id, '70000', '-o', file, '--data-dir', dataDir])
    expect(made).toMatchObject({ code: 0 })
    const verified = await fieldproof(['verify', file])
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.out).toContain((await gateway.api<StatusView>('/api/status')).gateway.id)
  })

  it.each([
    ['message', (proof: Proof) => ({ ...proof, message: flip(proof.message) })],
    [
      'path',
      (proof: Proof) => ({ ...proof, log: { ...proof.log, path: proof.log.path.map(flip) } }),
    ],
    [
      'checkpoint',
      (proof: Proof) => ({
        ...proof,
        log: { ...proof.log, checkpoint: proof.log.checkpoint.replace(/\n(\d+)\n/, '\n1$1\n') },
      }),
    ],
  ])('does not verify with a changed %s', async (what, change) => {
    const changed = join(temporaryFolder(), 'changed.json')
    writeFileSync(changed, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))))
    const verified = await fieldproof(['verify', changed])
    expect(verified.code, what).toBe(1)
    expect(verified.out + verified.err).toMatch(/log|message|checkpoint/)
  })

  it('is proved over HTTP to whoever has the message, and to nobody else', async () => {
    const digest = createHash('sha256').update(reading).digest('hex')
    const proof = (query: string): Promise<Response> =>
      fetch(new URL(`/proofs/${id}/70000${query}`, gateway.url))
    expect((await proof(`?m=${digest}`)).status).toBe(200)
    expect((await proof(`?m=${digest.replace(/^./, (c) => (c === '0' ? '1' : '0'))}`)).status).toBe(
      404,
    )
    expect((await proof(`?m=${toHex(leafHash(reading))}`)).status).toBe(404)
    expect((await proof('')).status).toBeGreaterThanOrEqual(400)
  })

  it('gives each refusal its reason', async () => {
    const refused = async (bytes: Uint8Array): Promise<string> => device.verdict(bytes)
    const forged = readingOf(holderOf(2), testNetwork, 70_001, warmth(1))
    expect(await refused(forged)).toBe('unknown-device')
    expect(await refused(readingOf(holder, 'othernet', 70_001, warmth(1)))).toBe('bad-signature')
    expect(await refused(readingOf(holder, testNetwork, 70_000, warmth(1)))).toBe('equivocation')
    expect(await refused(readingOf(holder, testNetwork, 69_936, warmth(1)))).toBe('replayed')
    expect(await refused(readingOf(holder, testNetwork, 70_001, warmth(9_999)))).toBe(
      'out-of-profile',
    )
    const old = warmth(1, nowSec() - 8 * 86_400)
    expect(await refused(readingOf(holder, testNetwork, 70_001, old))).toBe('bad-time')
    expect(await refused(Uint8Array.of(1, 2, 3))).toBe('malformed')
    expect(await refused(readingOf(holder, testNetwork, 69_937, warmth(1)))).toBe('accepted')
  })

  it('goes on where it was after a kill', async () => {
    await gateway.kill()
    gateway = await startGateway({ dataDir, env })
    device = await connectDevice(gateway, holder)
    expect(await device.verdict(reading)).toBe('accepted')
    expect(await device.verdict(readingOf(holder, testNetwork, 70_000, warmth(1)))).toBe(
      'equivocation',
    )
    expect(await device.verdict(readingOf(holder, testNetwork, 70_100, warmth(216)))).toBe(
      'accepted',
    )
    // Both are below the window now: the one that was accepted is told from the one that was not.
    expect(await device.verdict(reading)).toBe('accepted')
    expect(await device.verdict(readingOf(holder, testNetwork, 70_000, warmth(2)))).toBe('replayed')
    expect((await gateway.api<DeviceView>(`/api/devices/${id}`)).accepted).toBe(3)
  })

  it('sends configuration and a signed receipt to a device that listens', async () => {
    const seen = new Map<string, Uint8Array>()
    device.client.on('message', (topic, payload) => seen.set(topic.slice(-2), payload))
    const root = `fp1/${testNetwork}/d/${id}/dn`
    await device.client.subscribeAsync([`${root}/cm`, `${root}/rc`], { qos: 1 })
    const message = readingOf(holder, testNetwork, 70_101, warmth(217))
    expect(await device.verdict(message)).toBe('accepted')
    const gatewayKey = fromB64u((await gateway.api<StatusView>('/api/status')).gateway.key)!
    const receipt = parseReceipt(await until('the receipt', () => seen.get('rc')))
    const command = parseConfiguration(await until('the configuration', () => seen.get('cm')))
    assert(receipt.ok && command.ok, 'downlinks have their form')
    expect(receipt.value).toMatchObject({ device: id, seq: 70_101, leaf: leafHash(message) })
    expect(command.value).toMatchObject({ device: id, intervalSec: 60 })
    expect(isSignedBy(receipt.value.opened, 'rc', testNetwork, gatewayKey, ed25519Verify)).toBe(
      true,
    )
    expect(isSignedBy(command.value.opened, 'cm', testNetwork, gatewayKey, ed25519Verify)).toBe(
      true,
    )
  })

  it('follows a device to a new key, and proves both', async () => {
    const fresh = holderOf(3)
    const statement = { device: id, iat: nowSec(), seq: 70_102 }
    const rotation = encodeRotation(statement, holder, fresh, testNetwork)
    expect(await device.verdict(rotation, 'ro')).toBe('accepted')
    expect(await device.verdict(rotation, 'ro')).toBe('accepted')
    expect(await device.verdict(readingOf(holder, testNetwork, 70_103, warmth(1)))).toBe('revoked')
    expect(await device.verdict(readingOf(fresh, testNetwork, 70_090, warmth(1)))).toBe(
      'bad-signature',
    )
    expect(await device.verdict(readingOf(fresh, testNetwork, 70_103, warmth(217)))).toBe(
      'accepted',
    )
    expect(await device.verdict(readingOf(holder, testNetwork, 70_091, warmth(218)))).toBe(
      'accepted',
    )
    const made = await fieldproof(['proof', id, '70103', '-o', file, '--data-dir', dataDir])
    expect(made).toMatchObject({ code: 0 })
    expect(await fieldproof(['verify', file])).toMatchObject({ code: 0 })
  })

  it('takes the word of a device that revokes itself, also after a restart', async () => {
    const fresh = holderOf(3)
    const revocation = encodeSelfRevocation(
      { device: id, iat: nowSec(), seq: 70_104 },
      fresh,
      testNetwork,
    )
    await device.send(revocation, 'rv').catch(() => {})
    await until('the revocation', async () => {
      const view = await gateway.api<DeviceView>(`/api/devices/${id}`)
      return view.state === 'revoked'
    })
    expect(await gateway.stop()).toBe(0)
    gateway = await startGateway({ dataDir, env })
    expect((await gateway.api<DeviceView>(`/api/devices/${id}`)).state).toBe('revoked')
    await expect(connectDevice(gateway, fresh, id)).rejects.toThrow(/Not authorized/)
    await expect(connectDevice(gateway, holder, id)).rejects.toThrow(/Not authorized/)
  })
})

interface Proof {
  message: string
  log: { path: string[]; checkpoint: string }
}

/** Another character of the alphabet in the middle. */
function flip(text: string): string {
  const at = text.length >> 1
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
