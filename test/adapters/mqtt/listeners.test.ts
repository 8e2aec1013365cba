import { spawnSync } from 'node:child_process'
import { createServer, get, request } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openEmbeddedBroker } from '../../../gateway/adapters/mqtt/broker.js'
import { Failure } from '../../../gateway/core/failure.js'
import { temporaryFolder, until } from '../../support/gateway.js'
import { freePort } from '../../support/mosquitto.js'
import { openRaw } from './rawClient.js'
import {
  device,
  gatewayId,
  message,
  network,
  RecordingIntake,
  root,
  TestClock,
} from './recordingIntake.js'
import { openClient, startBroker, type TestBroker } from './setup.js'

const readings = `${root}/d/${device}/up/rd`
let test: TestBroker | undefined

afterEach(async () => {
  await test?.broker.stop()
  test = undefined
})

function port(name: string): number {
  const found = test?.broker.listeners().find((listening) => listening.name === name)
  return found?.port ?? 0
}

async function sendsReading(url: string, options = {}): Promise<void> {
  const { mqtt } = await openClient(url, device, options)
  await mqtt.publishAsync(readings, message(1, 900), { qos: 1 })
  mqtt.end(true)
  expect(test?.intake.messages[0]?.bytes).toEqual(message(1, 900))
}

describe('MQTT over WebSocket', () => {
  it('works on a port of its own', async () => {
    test = await startBroker({ webSocket: { port: 0 } })
    await sendsReading(`ws://127.0.0.1:${port('ws')}/mqtt`)
  })

  it('works beside a web site on the same server', async () => {
    const server = createServer((_request, response) => response.end('page'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    test = await startBroker()
    test.broker.attachWebSocket(server)
    const at = (server.address() as AddressInfo).port
    await sendsReading(`ws://127.0.0.1:${at}/mqtt`)
    const status = await new Promise((resolve) =>
      get(`http://127.0.0.1:${at}/`, (response) => resolve(response.resume().statusCode)),
    )
    expect(status).toBe(200)
    server.close()
  })

  it.each([
    ['another path', '/other', 'mqtt', 404],
    ['no subprotocol', '/mqtt', undefined, 400],
    ['another subprotocol', '/mqtt', 'chat', 400],
  ])('is refused on %s', async (_what, path, protocol, status) => {
    test = await startBroker({ webSocket: { port: 0 } })
    const url = `ws://127.0.0.1:${port('ws')}${path}`
    const socket = protocol === undefined ? new WebSocket(url) : new WebSocket(url, protocol)
    const answer = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
      socket.on('error', () => undefined)
    })
    expect(answer).toBe(status)
    expect(test.broker.connections()).toBe(0)
  })

  it('ends a peer whose frame promises more than the limit', async () => {
    test = await startBroker({ webSocket: { port: 0 } })
    const socket = new WebSocket(`ws://127.0.0.1:${port('ws')}/mqtt`, 'mqtt')
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    // A masked binary frame of 256 MB; nothing of it is sent.
    const header = Buffer.alloc(14)
    header.set([0x82, 0xff])
    header.writeBigUInt64BE(268_435_456n, 2)
    const raw = (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket
    raw.write(header)
    await closed
    await until('no connection', () => test?.broker.connections() === 0)
  })

  it('survives upgrades that are cut short', async () => {
    test = await startBroker({ webSocket: { port: 0 } })
    for (let i = 0; i < 20; i++) {
      const attempt = request({
        host: '127.0.0.1',
        port: port('ws'),
        path: '/mqtt',
        headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'mqtt' },
      })
      attempt.on('error', () => undefined)
      attempt.end()
      await new Promise((resolve) => setImmediate(resolve))
      attempt.destroy()
    }
    await until('no connection', () => test?.broker.connections() === 0)
    await sendsReading(`ws://127.0.0.1:${port('ws')}/mqtt`)
  })
})

describe('MQTT over TLS', () => {
  const folder = temporaryFolder('mqtt-tls')
  const keyFile = join(folder, 'key.pem')
  const certFile = join(folder, 'cert.pem')
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', '/CN=localhost'],
  ])

  it('works, and counts who speaks no TLS', async () => {
    expect(made.status).toBe(0)
    test = await startBroker({ tls: { port: 0, keyFile, certFile } })
    await sendsReading(`mqtts://127.0.0.1:${port('mqtts')}`, { rejectUnauthorized: false })
    const stranger = await openRaw(port('mqtts'))
    stranger.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await stranger.gone()
    await until('the count', () => test?.intake.refusals.get('tls') === 1)
    await until('no connection', () => test?.broker.connections() === 0)
  })

  it('without its files is a failure of the configuration', async () => {
    const starting = startBroker({ tls: { port: 0, keyFile, certFile: join(folder, 'none.pem') } })
    await expect(starting).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('mqtt.tls.certFile'),
    })
  })
})

describe('a port that is taken', () => {
  async function taken() {
    const blocker = createTcpServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    return { port: (blocker.address() as AddressInfo).port, free: () => blocker.close() }
  }

  it('is a failure that says what to do', async () => {
    const { port: at, free } = await taken()
    const failure = await startBroker({ port: at }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ code: 'unavailable' })
    expect(`${failure}`).toMatch(/port is taken.*another port/)
    free()
  })

  it('leaves nothing behind: the same port works once it is free', async () => {
    const { port: at, free } = await taken()
    await expect(startBroker({ port: at, webSocket: { port: 0 } })).rejects.toThrow()
    free()
    test = await startBroker({ port: at })
    expect(test.port).toBe(at)
  })

  it('is passed over with portSearch, which is told', async () => {
    const { port: at, free } = await taken()
    test = await startBroker({ port: at, portSearch: true })
    expect(test.port).toBeGreaterThan(at)
    expect(test.events.map(({ text }) => text)).toEqual([
      `port ${at} is taken: mqtt listens on ${test.port}`,
    ])
    await sendsReading(`mqtt://127.0.0.1:${test.port}`)
    free()
  })

  it('and an address of another machine is a failure of the configuration', async () => {
    await expect(startBroker({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'config' })
  })
})

describe('before the start', () => {
  it('nothing listens, which the condition says, and publishing is no error', async () => {
    const broker = openEmbeddedBroker({
      network,
      gatewayId,
      host: '127.0.0.1',
      port: await freePort(),
      intake: new RecordingIntake(),
      clock: new TestClock(),
    })
    expect(broker.condition()).toEqual(['mqtt: the broker does not listen'])
    broker.publish('pub/checkpoint', 'text', true)
    broker.publish('pub/epoch', 'text', false)
    expect(broker.send(device, 'rc', Buffer.alloc(1))).toBe(false)
    await broker.stop()
  })
})
