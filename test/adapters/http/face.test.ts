import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type HttpFace,
  type HttpOptions,
  startHttp,
} from '../../../gateway/adapters/http/server.js'
import { Failure } from '../../../gateway/core/failure.js'
import { httpBodyBytesMax, loginFailuresMax } from '../../../gateway/core/limits.js'
import {
  deviceView,
  faceParts,
  noEpochs,
  statusView,
  type TestOperations,
  testLog,
  testOperations,
} from '../../support/operations.js'

const token = 'operator-token-operator-token-operator-tokn'
const bearer = { Authorization: `Bearer ${token}` }
const device = 'nbuo57lhddeib'

const web = mkdtempSync(join(tmpdir(), 'fp-web-'))
writeFileSync(join(web, 'index.html'), '<!doctype html><title>t</title>')
writeFileSync(join(web, 'app.js'), 'export {}')
writeFileSync(join(web, 'notes.txt'), 'not served')

const open: HttpFace[] = []
afterEach(async () => {
  for (const face of open.splice(0)) await face.close()
})
process.once('exit', () => rmSync(web, { recursive: true }))

interface Running {
  face: HttpFace
  operations: TestOperations
  log: ReturnType<typeof testLog>
  reports: string[]
  condition: { ready: boolean; degraded: string[] }
  nowMs: { value: number }
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

async function start(more: Partial<HttpOptions> = {}): Promise<Running> {
  const operations = testOperations([
    deviceView(device),
    deviceView('ccccccccccccc', { state: 'pending' }),
    deviceView('ddddddddddddd', { state: 'revoked' }),
  ])
  const log = testLog()
  const reports: string[] = []
  const condition = { ready: true, degraded: ['store: away'] }
  const nowMs = { value: 0 }
  const clock = { now: () => 1_762_000_010_000, monotonic: () => nowMs.value }
  const face = await startHttp({
    ...faceParts(clock),
    operations,
    log,
    epochs: noEpochs,
    health: { ready: () => condition.ready, degraded: () => condition.degraded },
    clock,
    token,
    webFolder: web,
    report: (message) => reports.push(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
    ...more,
  })
  open.push(face)
  return {
    face,
    operations,
    log,
    reports,
    condition,
    nowMs,
    get: (path, headers = {}) => fetch(face.url + path, { headers }),
    post: (path, body, headers = bearer) =>
      fetch(face.url + path, {
        method: 'POST',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

async function problemOf(response: Response, status: number): Promise<{ detail: string }> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = (await response.json()) as { type: string; status: number; detail: string }
  expect(body.status).toBe(status)
  expect(body.type).toMatch(/^urn:fp:problem:[a-z-]+$/)
  return body
}

describe('the public log', () => {
  test('checkpoint is text that is asked for anew', async () => {
    const { get, log } = await start()
    const response = await get('/checkpoint')
    expect(await response.text()).toBe(log.text)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    log.text = undefined
    await problemOf(await get('/checkpoint'), 404)
  })

  test('tiles are bytes that never change', async () => {
    const { get } = await start()
    const response = await get('/tile/0/000.p/14')
    expect((await response.arrayBuffer()).byteLength).toBe(14 * 32)
    expect(response.headers.get('cache-control')).toContain('immutable')
    await problemOf(await get('/tile/0/000.p/15'), 404)
    await problemOf(await get('/tile/0/000'), 404)
  })

  test.each(['0/0', '00/000', '0/000.p/0', '0/000.p/256', '0/x000/001', '0/000.p/01', '64/000'])(
    'tile %s is no name',
    async (name) => {
      const { get } = await start()
      await problemOf(await get(`/tile/${name}`), 400)
    },
  )

  test('gateway.json', async () => {
    const { get, log } = await start()
    expect(await (await get('/gateway.json')).json()).toEqual(log.gateway)
  })
})

describe('health', () => {
  test('healthz is well, readyz says what is lost and when it is not ready', async () => {
    const { get, condition } = await start()
    expect(await (await get('/healthz')).json()).toEqual({ ok: true })
    const ready = await get('/readyz')
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ ready: true, degraded: ['store: away'] })
    condition.ready = false
    expect((await get('/readyz')).status).toBe(503)
  })

  test('metrics are well-formed, and name no device, cell, owner or value', async () => {
    const { get, operations, nowMs } = await start()
    operations.list[0]!.owner = `0x${'12'.repeat(20)}`
    operations.list[0]!.cell = '87283472bffffff'
    operations.statusNow = async () =>
      statusView({ serial: [{ port: '/dev/ttyUSB7', state: 'open', device, opened: 1 }] })
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toContain('text/plain')
    const text = await response.text()
    expect(text).toContain('fieldproof_readings_accepted_total 12')
    expect(text).toContain('fieldproof_messages_refused_total{reason="replayed"} 2')
    expect(text).toContain('fieldproof_checkpoint_age_seconds 10')
    expect(text).toContain('fieldproof_released_rows_total{class="k-anonymous"} 4')
    expect(text).toContain('fieldproof_market_credits_spent_total 24')
    expect(text).toContain('network="testnet"')
    for (const secret of [device, '0x1212', '87283472', 'ttyUSB7', '21.5'])
      expect(text).not.toContain(secret)
    for (const line of text.split('\n').filter((each) => each !== ''))
      expect(line).toMatch(/^(# (HELP|TYPE) \S+ .*|[a-z_0-9]+(\{.*\})? (-?[0-9.e+-]+|nan|\+Inf))$/i)
    operations.statusNow = async () =>
      statusView({ counters: { accepted: 13, duplicates: 1, refused: {}, rate: 0 } })
    expect(await (await get('/metrics')).text()).toContain('accepted_total 12')
    nowMs.value = 1_000
    const later = await (await get('/metrics')).text()
    expect(later).toContain('accepted_total 13')
    expect(later).not.toContain('reason="replayed"')
  })

  test('metric names follow the conventions of Prometheus', async () => {
    const { get } = await start()
    const text = await (await get('/metrics')).text()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => match.slice(1))
    expect(types.length).toBeGreaterThan(30)
    for (const [name, type] of types) {
      expect(name).toMatch(/^(fieldproof|process|nodejs)_[a-z0-9_]+$/)
      // https://prometheus.io/docs/practices/naming/: counters end in _total, others never; base units.
      if (name!.startsWith('fieldproof_')) expect(name!.endsWith('_total')).toBe(type === 'counter')
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|percent)(_|$)/)
    }
    for (const [name] of types.filter(([one]) => one!.startsWith('fieldproof_')))
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'))
  })

  test('a failed status is a 503 or 500 once, not for ever', async () => {
    const { get, operations, reports } = await start()
    operations.statusNow = async () => {
      throw new Failure('unavailable', 'still reading the journal; try again')
    }
    expect((await problemOf(await get('/metrics'), 503)).detail).toContain('journal')
    operations.statusNow = async () => {
      throw new TypeError('secret detail')
    }
    expect((await problemOf(await get('/metrics'), 500)).detail).not.toContain('secret')
    expect(reports.join()).toContain('secret detail')
    operations.statusNow = async () => statusView()
    expect((await get('/metrics')).status).toBe(200)
  })
})

describe('the operator', () => {
  const paths = ['/api/status', '/api/devices', `/api/devices/${device}`, '/api/events', '/api/no']

  test('nothing below /api answers without the token', async () => {
    const { get, post, operations, nowMs } = await start()
    for (const path of paths) {
      nowMs.value += 60_000
      await problemOf(await get(path), 401)
      await problemOf(await get(path, { Authorization: `Bearer ${token}x` }), 401)
    }
    await problemOf(
      await post(`/api/devices/${device}/state`, { state: 'revoked' }, {} as never),
      401,
    )
    expect(operations.list[0]!.state).toBe('active')
  })

  test('wrong tokens are slowed per address, the right one passes', async () => {
    const { get, nowMs } = await start()
    for (let i = 0; i < loginFailuresMax; i++) await problemOf(await get('/api/status'), 401)
    const slowed = await get('/api/status')
    expect(slowed.headers.get('retry-after')).toBe('60')
    await problemOf(slowed, 429)
    expect((await get('/api/status', bearer)).status).toBe(200)
    nowMs.value = 60_000
    await problemOf(await get('/api/status'), 401)
  })

  test('reads status, devices, messages, points and buckets', async () => {
    const { get } = await start()
    const read = async (path: string) => (await get(path, bearer)).json()
    expect(await read('/api/status')).toEqual(statusView())
    expect(await read('/api/devices')).toHaveLength(3)
    expect(await read(`/api/devices/${device}`)).toMatchObject({ device })
    const base = `/api/devices/${device}`
    expect(await read(`${base}/messages?from=1&limit=1`)).toMatchObject([{ seq: 1, index: 11 }])
    expect(await read(`${base}/points?metric=temperature&from=10&to=12`)).toEqual([
      { time: 10, value: 5 },
      { time: 11, value: 5.5 },
    ])
    expect(await read(`${base}/buckets?metric=temperature&from=10&to=70&step=60`)).toHaveLength(1)
    await problemOf(await get('/api/devices/eeeeeeeeeeeee', bearer), 404)
    await problemOf(await get('/api/devices/eeeeeeeeeeeee/messages', bearer), 404)
    await problemOf(await get('/api/nothing', bearer), 404)
  })

  test.each([
    'points?metric=temperature&from=1',
    'points?metric=temperature&from=-1&to=5',
    'points?metric=temperature&from=6&to=5',
    'points?metric=temperature&from=1e3&to=5000',
    'points?metric=x%22y&from=1&to=5',
    'points?from=1&to=5',
    'points?metric=temperature&from=1&to=5&limit=0',
    'points?metric=temperature&from=1&to=5&limit=1000000',
    'buckets?metric=temperature&from=1&to=5',
    'buckets?metric=temperature&from=0&to=1000000&step=1',
    'messages?from=9007199254740992',
  ])('refuses %s', async (query) => {
    const { get } = await start()
    await problemOf(await get(`/api/devices/${device}/${query}`, bearer), 400)
  })

  test('approves', async () => {
    const { post, operations } = await start()
    const approval = { owner: `0x${'ab'.repeat(20)}`, cell: '87283472bffffff', placement: 'indoor' }
    const response = await post('/api/devices/ccccccccccccc/approve', approval)
    expect(await response.json()).toMatchObject({ state: 'active', cell: approval.cell })
    expect(operations.approved).toEqual(approval)
    await problemOf(await post('/api/devices/eeeeeeeeeeeee/approve', approval), 404)
  })

  test.each([
    ['a short owner', { owner: '0x12', cell: '87283472bffffff' }],
    ['a wrong checksum', { owner: `0x${'aB'.repeat(20)}`, cell: '87283472bffffff' }],
    ['a fine cell', { owner: `0x${'ab'.repeat(20)}`, cell: '8a283472b7fffff' }],
    ['an unknown key', { owner: `0x${'ab'.repeat(20)}`, cell: '87283472bffffff', extra: 1 }],
    ['no interval', { owner: `0x${'ab'.repeat(20)}`, cell: '87283472bffffff', intervalSec: 0 }],
    ['a list', []],
    ['no JSON', '{'],
  ])('refuses an approval with %s', async (_name, body) => {
    const { post, operations } = await start()
    await problemOf(await post('/api/devices/ccccccccccccc/approve', body), 400)
    expect(operations.approved).toBeUndefined()
  })

  test('changes consent', async () => {
    const { post, operations } = await start()
    const path = `/api/devices/${device}/consent`
    const words = { soldMetrics: ['temperature'], soldResolution: 6 }
    expect(await (await post(path, words)).json()).toMatchObject(words)
    expect(operations.consented).toEqual(words)
    await post(path, { soldMetrics: 'all' })
    expect(operations.consented).toEqual({ soldMetrics: 'all' })
    await problemOf(await post('/api/devices/eeeeeeeeeeeee/consent', words), 404)
  })

  test.each([
    ['resolution 2', { soldResolution: 2 }],
    ['resolution 8', { soldResolution: 8 }],
    ['no list', { soldMetrics: 'temperature' }],
    ['an endless list', { soldMetrics: Array.from({ length: 50 }, () => 'temperature') }],
    ['an unknown key', { metrics: ['temperature'] }],
    ['a short signature', { soldMetrics: [], signature: '0x12', notAfter: 1 }],
  ])('refuses a consent with %s', async (_name, body) => {
    const { post, operations } = await start()
    await problemOf(await post(`/api/devices/${device}/consent`, body), 400)
    expect(operations.consented).toBeUndefined()
  })

  test('changes states, and says why not', async () => {
    const { post } = await start()
    const changed = await post(`/api/devices/${device}/state`, { state: 'suspended' })
    expect(await changed.json()).toMatchObject({ state: 'suspended' })
    await problemOf(await post(`/api/devices/${device}/state`, { state: 'pending' }), 400)
    const refused = await problemOf(
      await post('/api/devices/ddddddddddddd/state', { state: 'active' }),
      409,
    )
    expect(refused.detail).toBe('revoked: revoked is for ever')
  })

  test('refuses a body that is too large, declared or streamed', async () => {
    const { post, face } = await start()
    const path = `/api/devices/${device}/state`
    await problemOf(await post(path, 'x'.repeat(httpBodyBytesMax + 1)), 413)
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(4096)),
    })
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: bearer,
      body: stream,
      duplex: 'half',
    }
    const answer = await fetch(face.url + path, init).catch(() => undefined)
    if (answer !== undefined) expect(answer.status).toBe(413)
    expect((await fetch(`${face.url}/healthz`)).status).toBe(200)
  })
})

describe('proofs', () => {
  const right = 'ab'.repeat(32)

  test('for who holds the message, or the operator', async () => {
    const { get } = await start()
    expect(await (await get(`/proofs/${device}/1?m=${right}`)).json()).toMatchObject({ seq: 1 })
    expect(await (await get(`/proofs/${device}/1`, bearer)).json()).toMatchObject({ seq: 1 })
    await problemOf(await get(`/proofs/${device}/1`), 401)
    await problemOf(await get(`/proofs/${device}/1?m=AB`), 400)
    await problemOf(await get(`/proofs/${device}/01?m=${right}`), 400)
  })

  test('all that fails for others is one answer', async () => {
    const { get } = await start()
    const wrong = [
      `/proofs/${device}/1?m=${'cd'.repeat(32)}`,
      `/proofs/${device}/9?m=${right}`,
      `/proofs/eeeeeeeeeeeee/1?m=${right}`,
    ]
    const answers = await Promise.all(wrong.map(async (path) => (await get(path)).text()))
    expect(new Set(answers).size).toBe(1)
    const told = await problemOf(await get(`/proofs/${device}/9`, bearer), 404)
    expect(told.detail).toContain('no such message')
  })
})

describe('live events', () => {
  test('reach their reader, end with it, and a slow one is told what it missed', async () => {
    const { get, operations } = await start()
    const response = await get('/api/events', bearer)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toContain('retry:')
    await expect.poll(() => operations.watchers.size).toBe(1)
    operations.raise({ type: 'checkpoint', atMs: 1, size: 2, root: 'r' })
    expect((await reader.read()).value).toBe(
      'data: {"type":"checkpoint","atMs":1,"size":2,"root":"r"}\n\n',
    )
    for (let i = 0; i < 100_000; i++)
      operations.raise({ type: 'refusal', atMs: i, reason: 'replayed', transport: 'mqtt' })
    let text = ''
    const raise = setInterval(
      () => operations.raise({ type: 'checkpoint', atMs: 1, size: 3, root: 'end' }),
      10,
    )
    while (!text.includes('"end"')) text += (await reader.read()).value
    clearInterval(raise)
    const missed = [...text.matchAll(/event: missed\ndata: \{"events":(\d+)\}\n\n/g)]
    const seen = text.split('"replayed"').length - 1
    const ends = text.split('"end"').length - 1
    const told = missed.reduce((sum, match) => sum + Number(match[1]), 0)
    expect(seen).toBeLessThan(20_000)
    expect(seen + told).toBeGreaterThanOrEqual(100_000)
    expect(seen + told).toBeLessThan(100_000 + 1_000 + ends)
    await reader.cancel()
    await expect.poll(() => operations.watchers.size).toBe(0)
  })

  test('close ends them at once', async () => {
    const { get, face, operations } = await start()
    const response = await get('/api/events', bearer)
    await expect.poll(() => operations.watchers.size).toBe(1)
    await face.close()
    await response.text().catch(() => 'cut')
    expect(operations.watchers.size).toBe(0)
  })
})

describe('pages and headers', () => {
  test('only the known files, with a strict policy', async () => {
    const { get } = await start()
    const page = await get('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    const etag = page.headers.get('etag')!
    expect((await get('/', { 'If-None-Match': etag })).status).toBe(304)
    expect((await get('/app.js')).headers.get('content-type')).toContain('javascript')
    for (const path of ['/notes.txt', '/../package.json', '/%2e%2e/package.json', '/app.js/', '/x'])
      await problemOf(await get(path), 404)
  })

  test('errors carry the same headers', async () => {
    const { get } = await start()
    const response = await get('/api/status')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('the socket', () => {
  test('a taken port fails, or the next one is taken where that is wanted', async () => {
    const first = await start()
    const failure = await start({ port: first.face.port }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect((failure as Failure).code).toBe('unavailable')
    expect((failure as Failure).message).toMatch(/taken.*--http-port/)
    const second = await start({ port: first.face.port, search: true })
    expect(second.face.port).toBeGreaterThan(first.face.port)
    expect((await second.get('/healthz')).status).toBe(200)
  })

  test('an address of another machine is a matter of configuration', async () => {
    const failure = await start({ host: '192.0.2.1' }).catch((error: unknown) => error)
    expect((failure as Failure).code).toBe('config')
  })

  test('close does not wait for idle or half-sent requests', async () => {
    const { face } = await start()
    const socket = connect(face.port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('GET /healthz HTTP/1.1\r\nHost: a')
    await expect.poll(() => connections(face)).toBe(1)
    await face.close()
    await gone
  })

  test('close ends upgraded connections too', async () => {
    const { face } = await start()
    face.server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Upgraded\r\n\r\n'))
    const socket = connect(face.port, '127.0.0.1')
    socket.on('error', () => {})
    const gone = new Promise((resolve) => socket.once('close', resolve))
    const upgraded = new Promise((resolve) => socket.once('data', resolve))
    socket.write('GET /mqtt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    await upgraded
    await face.close()
    await gone
  })

  test('garbage in place of HTTP is answered and leaves the rest alone', async () => {
    const { face, get } = await start()
    const socket = connect(face.port, '127.0.0.1')
    socket.on('error', () => {})
    const answer = new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(String(data))),
    )
    socket.write('\u0010\u0004MQTT\r\n\r\n')
    expect(await answer).toContain('400')
    expect((await get('/healthz')).status).toBe(200)
  })
})

function connections(face: HttpFace): Promise<number> {
  return new Promise((resolve) => face.server.getConnections((_error, count) => resolve(count)))
}

test('an address in use by another program is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  const failure = await start({ port }).catch((error: unknown) => error)
  expect((failure as Failure).message).toContain(String(port))
  other.close()
})
