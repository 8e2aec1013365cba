import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpFace, startHttp } from '../../../gateway/adapters/http/server.js'
import {
  loginFailuresMax,
  loginLinkMsMax,
  sessionMsMax,
  sessionRenewMs,
  walletChallengeSec,
} from '../../../gateway/core/limits.js'
import {
  deviceView,
  faceParts,
  noDashboard,
  noEpochs,
  testLog,
  testOperations,
} from '../../support/operations.js'

const token = 'operator-token-operator-token-operator-tokn'
const ann = '0x52908400098527886E0F7030069857D2E4169EE7'
const ben = '0x8617E340B3D01FA5F11F306F4090FD50E238070D'
const annsDevice = 'nbuo57lhddeib'
const bensDevice = 'ccccccccccccc'
const bearer = { Authorization: `Bearer ${token}` }
const ownPage = { 'Sec-Fetch-Site': 'same-origin' }

const open: HttpFace[] = []
afterEach(async () => {
  for (const face of open.splice(0)) await face.close()
})

async function start() {
  const time = { now: 1_762_000_000_000, monotonic: 0 }
  const clock = { now: () => time.now, monotonic: () => time.monotonic }
  const operations = testOperations([
    deviceView(annsDevice, { owner: ann }),
    deviceView(bensDevice, { owner: ben }),
    deviceView('ddddddddddddd', { state: 'pending' }),
  ])
  const parts = faceParts(clock)
  const asked: (string | undefined)[] = []
  const face = await startHttp({
    ...parts,
    dashboard: {
      ...noDashboard,
      earnings: async (_limit, owner) => {
        asked.push(owner)
        return { epochs: [], owners: [] }
      },
    },
    operations,
    log: testLog(),
    epochs: noEpochs,
    health: { ready: () => true, degraded: () => [] },
    clock,
    token,
    webFolder: '/nowhere',
    report: (message) => expect.fail(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
  })
  open.push(face)
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(face.url + path, init)
  const post = (path: string, body: object, headers: Record<string, string>): Promise<Response> =>
    call(path, { method: 'POST', body: JSON.stringify(body), headers })
  const cookieOf = (response: Response): string =>
    response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { ...parts, time, operations, face, asked, call, post, cookieOf }
}

type Started = Awaited<ReturnType<typeof start>>

/** Signs an owner in by its token; the headers of its browser. */
async function ownersBrowser({ owners, post, cookieOf }: Started, owner: string) {
  const signedIn = await post('/api/session', { token: await owners.issue(owner) }, ownPage)
  expect(await signedIn.json()).toEqual({ role: 'owner', owner })
  return { ...ownPage, Cookie: cookieOf(signedIn) }
}

describe('signing in', () => {
  test('a link works once, in time, and gives a cookie that no script sees', async () => {
    const { links, post, call, cookieOf, time } = await start()
    const link = links.make({ role: 'operator' }).replace('/#link=', '')
    const signedIn = await post('/api/session', { link }, ownPage)
    expect(await signedIn.json()).toEqual({ role: 'operator' })
    const cookie = signedIn.headers.get('set-cookie')!
    for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(word)
    expect(cookie).not.toContain('Secure')
    const headers = { Cookie: cookieOf(signedIn) }
    expect((await call('/api/status', { headers })).status).toBe(200)
    const again = await post('/api/session', { link }, ownPage)
    expect(again.status).toBe(401)
    expect(again.headers.get('set-cookie')).toBeNull()
    const late = links.make({ role: 'operator' }).replace('/#link=', '')
    time.monotonic += loginLinkMsMax + 1
    expect((await post('/api/session', { link: late }, ownPage)).status).toBe(401)
  })

  test('tokens of operator and owner sign in; who asks is told without an error', async () => {
    const started = await start()
    const { post, call, cookieOf } = started
    expect(await (await call('/api/session')).json()).toEqual({ role: 'public' })
    const operator = await post('/api/session', { token }, ownPage)
    const headers = { Cookie: cookieOf(operator) }
    expect(await (await call('/api/session', { headers })).json()).toEqual({ role: 'operator' })
    await ownersBrowser(started, ann)
  })

  test('a wallet signs in as the owner of its address, once a text, and for nobody else', async () => {
    const { post, call, cookieOf, time } = await start()
    const wallet = privateKeyToAccount(`0x${'17'.repeat(32)}`)
    const challenge = async (): Promise<string> => {
      const given = await post('/api/session/challenge', { address: wallet.address }, ownPage)
      return ((await given.json()) as { text: string }).text
    }
    const signIn = (text: string, signature: string) =>
      post('/api/session', { text, signature }, ownPage)
    const text = await challenge()
    expect(text).toContain('aaaaaaaaaaaaa.testnet wants you to sign in')
    const signature = await wallet.signMessage({ message: text })
    const signedIn = await signIn(text, signature)
    const viewer = { role: 'owner', owner: wallet.address }
    expect(await signedIn.json()).toEqual(viewer)
    const headers = { Cookie: cookieOf(signedIn) }
    expect(await (await call('/api/session', { headers })).json()).toEqual(viewer)
    expect((await signIn(text, signature)).status).toBe(401)
    const other = privateKeyToAccount(`0x${'18'.repeat(32)}`)
    const second = await challenge()
    expect((await signIn(second, await other.signMessage({ message: second }))).status).toBe(401)
    const own = (await challenge()).replace(wallet.address, other.address)
    expect((await signIn(own, await other.signMessage({ message: own }))).status).toBe(401)
    const late = await challenge()
    time.now += (walletChallengeSec + 1) * 1_000
    expect((await signIn(late, await wallet.signMessage({ message: late }))).status).toBe(401)
  })

  test('guesses are slowed per address; what is right still passes', async () => {
    const { post } = await start()
    const guess = () => post('/api/session', { token: 'guess' }, ownPage)
    for (let i = 0; i < loginFailuresMax; i++) expect((await guess()).status).toBe(401)
    const slowed = await guess()
    expect(slowed.status).toBe(429)
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await post('/api/session', { token }, ownPage)).status).toBe(200)
  })

  test('a session ends by hand, by age, and where it was changed', async () => {
    const { post, call, cookieOf, time } = await start()
    const signIn = async () => cookieOf(await post('/api/session', { token }, ownPage))
    const status = async (cookie: string) =>
      (await call('/api/status', { headers: { Cookie: cookie } })).status
    const first = await signIn()
    const second = await signIn()
    await call('/api/session', { method: 'DELETE', headers: { ...ownPage, Cookie: first } })
    expect([await status(first), await status(second)]).toEqual([401, 200])
    const [name, text] = second.split('=') as [string, string]
    const forged = `${name}=${text.replace('operator', ann)}`
    const cut = `${name}=${text.slice(0, -1)}`
    expect([await status(forged), await status(cut)]).toEqual([401, 401])
    time.now += sessionMsMax + 1
    expect(await status(second)).toBe(401)
  })

  test('a session in use is renewed', async () => {
    const { post, call, cookieOf, time } = await start()
    const headers = { Cookie: cookieOf(await post('/api/session', { token }, ownPage)) }
    expect((await call('/api/session', { headers })).headers.get('set-cookie')).toBeNull()
    time.now += sessionRenewMs + 1
    const renewed = cookieOf(await call('/api/session', { headers }))
    expect(renewed).not.toBe('')
    time.now += sessionMsMax - 1
    expect((await call('/api/status', { headers: { Cookie: renewed } })).status).toBe(200)
    expect((await call('/api/status', { headers })).status).toBe(401)
  })
})

describe('a page of another origin', () => {
  const other = [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'http://evil.example' },
    { Origin: 'null' },
    {},
  ]
  test.each(other)('changes nothing with the browser’s cookie: %o', async (headers) => {
    const { post, cookieOf, operations, call } = await start()
    const cookie = cookieOf(await post('/api/session', { token }, ownPage))
    const path = `/api/devices/${annsDevice}/state`
    const asked = await post(path, { state: 'suspended' }, { Cookie: cookie, ...headers })
    expect(asked.status).toBe(403)
    expect(operations.list[0]!.state).toBe('active')
    expect((await post('/api/session', { token }, headers)).status).toBe(403)
    const out = await call('/api/session', {
      method: 'DELETE',
      headers: { Cookie: cookie, ...headers },
    })
    expect(out.status).toBe(403)
  })

  test('is told by its origin where the browser says no more', async () => {
    const { post, cookieOf, face } = await start()
    const cookie = cookieOf(await post('/api/session', { token }, ownPage))
    const own = { Cookie: cookie, Origin: face.url }
    const path = `/api/devices/${annsDevice}/state`
    expect((await post(path, { state: 'suspended' }, own)).status).toBe(200)
  })
})

describe('an owner', () => {
  test('sees its own devices, and no sign of others', async () => {
    const started = await start()
    const { call, asked } = started
    const headers = await ownersBrowser(started, ann)
    const get = (path: string): Promise<Response> => call(path, { headers })
    const devices = (await (await get('/api/devices')).json()) as { device: string }[]
    expect(devices.map(({ device }) => device)).toEqual([annsDevice])
    expect((await get(`/api/devices/${annsDevice}`)).status).toBe(200)
    expect((await get(`/proofs/${annsDevice}/1`)).status).toBe(200)
    expect((await get(`/proofs/${bensDevice}/1`)).status).toBe(401)
    const series = 'points?metric=temperature&from=1&to=2'
    expect((await get(`/api/devices/${annsDevice}/${series}`)).status).toBe(200)
    const bodies = await Promise.all(
      ['', `/${series}`, '/messages', '/earnings'].flatMap((rest) =>
        [bensDevice, 'eeeeeeeeeeeee', 'ddddddddddddd'].map(async (device) => {
          const response = await get(`/api/devices/${device}${rest}`)
          return `${response.status} ${await response.text()}`
        }),
      ),
    )
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]).toMatch(/^404 /)
    await get('/api/earnings')
    await call('/api/earnings', { headers: bearer })
    // Only the operator may name whose.
    await get(`/api/earnings?owner=${ben}`)
    await call(`/api/earnings?owner=${ben.toLowerCase()}`, { headers: bearer })
    expect(asked).toEqual([ann, undefined, ann, ben])
    expect((await call('/api/earnings?owner=ben', { headers: bearer })).status).toBe(400)
    const status = (await (await get('/api/status')).json()) as Record<string, unknown>
    expect(status).toMatchObject({ serial: [], listeners: [], degraded: [] })
  })

  test('changes nothing', async () => {
    const started = await start()
    const headers = await ownersBrowser(started, ann)
    const refused = await Promise.all(
      [
        `/api/devices/${annsDevice}/state`,
        `/api/devices/${annsDevice}/consent`,
        '/api/devices/ddddddddddddd/approve',
        '/api/epochs/close',
        '/api/owners/token',
        '/api/owners/revoke',
        '/api/links',
        '/api/buyers',
      ].map((path) => started.post(path, { state: 'suspended', owner: ben }, headers)),
    )
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
    for (const path of ['/api/owners', '/api/buyers', '/api/places?cell=87195da49ffffff'])
      expect((await started.call(path, { headers })).status, path).toBe(403)
    expect(started.operations.list.map(({ state }) => state)).toEqual([
      'active',
      'active',
      'pending',
    ])
  })

  test('hears its own events, and those of nobody', async () => {
    const started = await start()
    const headers = await ownersBrowser(started, ann)
    const stream = await started.call('/api/events', { headers })
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    await reader.read()
    await expect.poll(() => started.operations.watchers.size).toBe(1)
    const reading = { type: 'reading' as const, atMs: 1, seq: 1, transport: 'mqtt', values: [] }
    started.operations.raise({ ...reading, device: bensDevice })
    started.operations.raise({ type: 'note', atMs: 1, source: 'mqtt', level: 'warn', text: 'x' })
    started.operations.raise({ type: 'refusal', atMs: 1, reason: 'crc', transport: 'serial' })
    started.operations.raise({ type: 'device', atMs: 1, device: 'ddddddddddddd', state: 'pending' })
    started.operations.raise({ ...reading, device: annsDevice })
    const { value } = await reader.read()
    expect(value).toContain(annsDevice)
    expect(value).not.toMatch(/ccccc|ddddd|note|refusal/)
    await reader.cancel()
  })

  test('is out once its token is revoked', async () => {
    const started = await start()
    const headers = await ownersBrowser(started, ann)
    const { owners, call, time } = started
    time.now += 1
    owners.sessionsFromMs = () => time.now
    expect((await call('/api/devices', { headers })).status).toBe(401)
  })
})

test('the operator makes links and tokens for owners', async () => {
  const { post, call } = await start()
  const made = await post('/api/owners/token', { owner: ann.toLowerCase() }, bearer)
  const { owner, token: given } = (await made.json()) as { owner: string; token: string }
  expect(owner).toBe(ann)
  const devices = await call('/api/devices', { headers: { Authorization: `Bearer ${given}` } })
  expect(await devices.json()).toHaveLength(1)
  const { path } = (await (await post('/api/links', { owner }, bearer)).json()) as { path: string }
  const signedIn = await post('/api/session', { link: path.replace('/#link=', '') }, ownPage)
  expect(await signedIn.json()).toEqual({ role: 'owner', owner: ann })
  expect((await post('/api/links', { owner: '0x12' }, bearer)).status).toBe(400)
  expect(await (await call('/api/owners', { headers: bearer })).json()).toEqual([
    { owner: ann, atMs: 0 },
  ])
})
