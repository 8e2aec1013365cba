import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBuyer } from '../../gateway/commands/query/buyer.js'
import { followLive } from '../../gateway/commands/query/live.js'
import { queryCommand } from '../../gateway/commands/query.js'
import { verifyCommand } from '../../gateway/commands/verify.js'
import { jsonFormats } from '../../schemas/jsonFormats.js'
import { type CliResult, runCommand } from '../support/cli.js'
import { temporaryFolder, until } from '../support/gateway.js'
import { type MarketBroker, startMarketBroker } from '../support/marketBroker.js'
import {
  type AnswerJson,
  cells,
  midnight,
  network,
  openSite,
  type Site,
  settlementsOver,
  someRows,
} from '../support/marketSite.js'

const folder = temporaryFolder()
const hours = 30
const rows = someRows(hours)
let site: Site
let broker: MarketBroker
let token: string

/** Hours after midnight at which epochs meet. */
function epochs(...cuts: number[]): void {
  site.settlements = settlementsOver(
    rows,
    cuts.map((hour) => midnight + hour * 3_600),
  )
}

beforeAll(async () => {
  site = await openSite()
  site.rows.add(rows)
  epochs(0, 8, 16, 24, 40)
  const added = await site.buyers.addBuyer(
    'acme',
    { metrics: ['all'], cells: undefined, wallet: undefined },
    10_000,
  )
  if (!added.ok) throw new Error(added.problem.detail)
  token = added.value.token
  broker = await startMarketBroker(site)
})

afterEach(() => {
  broker.faults = {}
})

afterAll(async () => {
  await broker.stop()
  await site.market.stop()
})

function query(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const login = ['--url', broker.url, '--network', network, '--buyer', 'acme']
  return runCommand(queryCommand(), [...args, ...login], { FIELDPROOF_TOKEN: token, ...env })
}

function instant(hour: number): string {
  return new Date((midnight + hour * 3_600) * 1_000).toISOString().replace('.000Z', 'Z')
}

function range(to = 24, from = 0): string[] {
  const place = ['--metric', 'temperature', '--cells', cells.join(), '--step', 'PT1H']
  return [...place, '--from', instant(from), '--to', instant(to)]
}

describe('fieldproof query', () => {
  it('shows the catalogue and the account', async () => {
    const catalog = await query(['catalog'])
    expect(catalog).toMatchObject({
      code: 0,
      out: expect.stringMatching(/temperature +Cel .* PT1H +2 /),
    })
    expect(JSON.parse((await query(['catalog', '--json'])).out)).toHaveLength(2)
    const account = await query(['account'])
    expect([account.code, account.out]).toEqual([0, expect.stringMatching(/credits +10000/)])
  })

  it('quotes for nothing and prints the newest rows', async () => {
    const quote = await query(['quote', ...range()])
    expect(quote).toMatchObject({
      code: 0,
      out: expect.stringMatching(/72 rows, \d+ credits; you have 10000/),
    })
    const latest = await query(['latest', '--metric', 'temperature', '--cells', 'all'])
    expect([latest.code, latest.out.match(/Cel/g)?.length]).toEqual([0, 3])
  })

  it('follows the cursor, checks every page, and writes a file that verify takes', async () => {
    const file = join(folder, 'answer.json')
    const made = await query([...range(), '--page', '10', '--verify', '-o', file])
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('every page holds') })
    expect(made.err).toMatch(/72 rows, \d+ credits; \d+ left/)
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(8)
    expect(existsSync(`${file}.part`)).toBe(false)
    const verified = await runCommand(verifyCommand(), [file, '--json'])
    expect(JSON.parse(verified.out)).toMatchObject({ ok: true, rows: 72, epochs: [1, 2, 3, 4] })
  })

  it('prints rows as a table, as CSV and as answers', async () => {
    const table = await query(range(3))
    expect(table.out.match(/k-anonymous|withheld/g)).toHaveLength(9)
    const csv = await query([...range(3), '--csv'])
    const [head, ...lines] = csv.out.trim().split('\n')
    expect(head).toBe(
      'time,cell,metric,step,t,class,unit,n,k,mean,median,sum,epsilon,halfWidth,salt',
    )
    expect(lines).toHaveLength(9)
    expect(lines[0]).toMatch(/^2025-11-01T00:00:00Z,86195da4fffffff,temperature,3600,1761955200,/)
    const json = await query([...range(3), '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, q: { metric: 'temperature' } })
  })

  it('buys nothing above --max-cost', async () => {
    const before = site.credits.ledger.buyer('acme')!.balance
    const refused = await query([...range(), '--max-cost', '10'])
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('nothing was bought') })
    expect(site.credits.ledger.buyer('acme')!.balance).toBe(before)
  })

  it('finds a page that was changed, and keeps what held before it', async () => {
    const file = join(folder, 'changed.json')
    const changes: [string, (answer: AnswerJson) => void][] = [
      ['row', ({ items }) => (items[1].median = 3.5)],
      ['row', ({ items }) => items.splice(1, 1)],
      ['row', ({ items }) => items.reverse()],
      ['gateway', ({ gateway }) => (gateway.id = 'qzxo7plhddeii')],
      ['another query', ({ q }) => (q.to = instant(23))],
      ['page', ({ page }) => (page.after = null)],
    ]
    for (const [i, [, change]] of changes.entries()) {
      broker.faults = {
        change: (answer) => {
          if (answer.id.endsWith('-2') && answer.items !== undefined) change(answer)
          return answer
        },
      }
      const failed = await query([...range(), '--page', '10', '-o', file])
      expect([i, failed]).toMatchObject([i, { code: 1, err: expect.stringContaining('page 2') }])
      expect(existsSync(file)).toBe(false)
      expect(readFileSync(`${file}.part`, 'utf8').trim().split('\n')).toHaveLength(2)
    }
    broker.faults = {}
    const gone = await query([...range(), '--page', '10', '-o', file])
    expect(gone).toMatchObject({ code: 0, err: expect.stringContaining('going on behind page 1') })
  })

  it('pays once for what was interrupted', async () => {
    const file = join(folder, 'resumed.json')
    const balance = (): number => site.credits.ledger.buyer('acme')!.balance
    const before = balance()
    // The answer to the third page is lost, and with it the program.
    broker.faults = {
      change: (answer, n) => (n > 3 ? { ...answer, gateway: undefined } : answer),
    }
    const failed = await query([...range(20), '--page', '10', '-o', file])
    expect(failed.code).toBe(1)
    broker.faults = {}
    const done = await query([...range(20), '--page', '10', '-o', file])
    expect(done.code).toBe(0)
    const priced = rows.filter(
      (row) =>
        row.metric === 'temperature' && row.class !== 'withheld' && row.t < midnight + 72_000,
    )
    expect(before - balance()).toBe(2 * priced.length)
    expect(done.err).toContain(`60 rows, ${2 * priced.length} credits`)
  })

  it('connects again and asks again by the same id', async () => {
    broker.faults = { cutAt: broker.requests.length + 3 }
    const done = await query([...range(10), '--page', '10', '--csv'])
    expect(done).toMatchObject({ code: 0, err: expect.stringContaining('the connection was lost') })
    const ids = broker.requests.slice(-4).map(({ id }) => id)
    expect(ids[1]).toBe(ids[2])
  })

  it('says that nothing is proved yet, and fetches the proof later', async () => {
    epochs(0, 8, 16)
    const file = join(folder, 'pending.json')
    const pending = await query([...range(24), '--page', '20', '-o', file])
    expect(pending).toMatchObject({ code: 0, err: expect.stringContaining('not proved yet') })
    const strict = await query([...range(24), '--page', '20', '--verify', '-o', join(folder, 'b')])
    expect(strict.code).toBe(1)
    const verified = await runCommand(verifyCommand(), [file])
    expect(verified).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing is proved yet'),
    })
    const early = await query(['proof', file])
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining('still open') })
    epochs(0, 8, 16, 24, 40)
    const before = site.credits.ledger.buyer('acme')!.balance
    expect(await query(['proof', file])).toMatchObject({ code: 0 })
    expect(site.credits.ledger.buyer('acme')!.balance).toBe(before)
    expect((await runCommand(verifyCommand(), [file])).code).toBe(0)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"median":', '"median":1'))
    expect((await query(['proof', file])).code).toBe(1)
  })

  it('writes a day as a file, each chunk checked', async () => {
    for (const format of ['csv', 'ndjson']) {
      const file = join(folder, `day.${format}`)
      const place = ['--metric', 'temperature', '--cells', 'all', '--day', '2025-11-01']
      const made = await query([...place, '--format', format, '-o', file])
      expect(made).toMatchObject({ code: 0, err: expect.stringContaining('in 1 chunks') })
      const lines = readFileSync(file, 'utf8').trim().split('\n')
      expect(lines).toHaveLength(format === 'csv' ? 73 : 72)
      broker.faults = { change: (answer) => ({ ...answer, data: answer.data && 'AAAA' }) }
      const bad = await query([...place, '--format', format, '-o', `${file}.bad`])
      expect(bad).toMatchObject({ code: 1, err: expect.stringContaining('what its hash says') })
      broker.faults = {}
    }
  })

  it('waits when it asked too often', async () => {
    let refused = 0
    broker.faults = {
      change: (answer) => {
        if (answer.ok !== true || refused++ > 0) return answer
        const type = 'urn:fp:problem:rate-limited'
        return { v: 1, id: answer.id, ok: false, problem: { type, detail: 'x', retryAfter: 0.1 } }
      },
    }
    const done = await query(['account'])
    expect(done).toMatchObject({ code: 0, err: expect.stringContaining('too many requests') })
  })

  it('ends with the exit code and the remedy of each problem', async () => {
    const cases: [string[], number, string][] = [
      [
        [
          '--metric',
          'battery',
          '--cells',
          cells[1],
          '--step',
          'PT1H',
          '--from',
          instant(0),
          '--to',
          instant(1),
        ],
        2,
        'bad-request',
      ],
      [range(10_000), 2, 'too-large'],
      [range(-20, -30), 1, 'not-found'],
      [['--metric', 'temperature', '--cells', 'x'], 2, 'no H3 cell'],
      [['--metric', 'temperature', '--cells', cells[1]], 2, '--from and --to'],
      [['--metric', 'pm25', '--cells', 'all', '--from', '0', '--to', '1'], 2, 'is not sold'],
    ]
    for (const [args, code, words] of cases) {
      const result = await query(args)
      expect([args, result]).toMatchObject([args, { code, err: expect.stringContaining(words) }])
    }
  })

  it('ends with 77 for a wrong token, 69 where nobody answers, 2 without name or token', async () => {
    expect(await query(['account'], { FIELDPROOF_TOKEN: 'fp_wrong' })).toMatchObject({ code: 77 })
    const url = ['--url', 'mqtt://127.0.0.1:1', '--network', network]
    const away = ['account', '--buyer', 'acme', ...url]
    const env = { FIELDPROOF_TOKEN: token }
    expect(await runCommand(queryCommand(), away, env)).toMatchObject({ code: 69 })
    expect(await query(['account'], { FIELDPROOF_TOKEN: '' })).toMatchObject({ code: 2 })
    expect(await runCommand(queryCommand(), ['account', ...url], env)).toMatchObject({ code: 2 })
  })

  it('hands over rows as they are published, and unsubscribes in the end', async () => {
    const client = await openBuyer({ url: broker.url, network, name: 'acme', token })
    const q = { metric: 'temperature', cells: [cells[1]], step: 'PT1H' }
    const got: number[] = []
    let [hasBegun, isEnough] = [false, false]
    const parts = {
      client,
      run: 'live',
      asked: until('the test to have enough', () => isEnough),
      begun: () => {
        hasBegun = true
      },
      row: ({ t }: { t: number }) => void got.push(t),
    }
    const ended = followLive(parts, { q })
    await until('the grant', () => hasBegun)
    // The newest row that there is comes with the grant.
    await until('the newest row', () => got.length === 1)
    site.rows.add(someRows(hours + 2, hours))
    await until('two rows', () => got.length === 3)
    expect(got.slice(1)).toEqual([midnight + hours * 3_600, midnight + (hours + 1) * 3_600])
    isEnough = true
    expect(await ended).toBe('asked')
    const { account } = await client.ask('after', { op: 'account' })
    expect(account).toMatchObject({ subscriptions: [] })
    client.close()
  })

  it('asks again with the same id when no answer comes, and gives up in the end', async () => {
    const login = { url: broker.url, network, name: 'acme', token }
    const client = await openBuyer(login, { answerMsMax: 50 })
    let swallowed = 0
    broker.faults = { change: (answer) => (swallowed++ < 2 ? undefined : answer) }
    expect(await client.ask('silent', { op: 'account' })).toMatchObject({ id: 'silent' })
    broker.faults = { change: () => undefined }
    await expect(client.ask('mute', { op: 'account' })).rejects.toMatchObject({
      code: 'unavailable',
    })
    client.close()
  })

  it('said and heard nothing that the schemas do not describe', () => {
    const faults = (name: 'buyerRequest' | 'buyerAnswer', values: readonly unknown[]): unknown[] =>
      values.filter((value) => !jsonFormats[name].safeParse(value).success)
    expect(broker.answers.length).toBeGreaterThan(50)
    expect(faults('buyerAnswer', broker.answers)).toEqual([])
    const known = broker.requests.filter(
      ({ q }) => (q as { metric?: string })?.metric !== 'battery',
    )
    expect(faults('buyerRequest', known)).toEqual([])
  })
})
