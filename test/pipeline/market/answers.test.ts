import { expect, it } from 'vitest'
import { parseRowKey, type RowKey } from '../../../gateway/core/privacy/rowKey.js'
import { verifyRange } from '../../../gateway/core/query/verifyRange.js'
import type { SoldRows } from '../../../gateway/ports/sales.js'
import {
  type AnswerJson,
  cells,
  gatewayKey,
  midnight,
  network,
  openSite,
  queryOf,
  rowOf,
  type Site,
  settlementsOver,
  someRows,
} from '../../support/marketSite.js'

const all = { metrics: ['all'], cells: undefined, wallet: undefined }

async function openWith(credits: number, hours = 24): Promise<Site> {
  const site = await openSite()
  site.rows.add(someRows(hours))
  const added = await site.buyers.addBuyer('acme', all, credits)
  expect(added.ok).toBe(true)
  return site
}

function closeEpochs(site: Site, cuts: readonly number[]): void {
  const rows = site.rows.all().map(({ row }) => row)
  site.settlements = settlementsOver(
    rows,
    cuts.map((hour) => midnight + hour * 3_600),
  )
}

function checkProof(answer: AnswerJson) {
  const after = answer.page.after === null ? undefined : (parseRowKey(answer.page.after) as RowKey)
  const selection = {
    metric: answer.q.metric,
    cells: answer.q.cells,
    step: 3_600,
    from: Date.parse(answer.q.from) / 1_000,
    to: Date.parse(answer.q.to) / 1_000,
  }
  const { items, proof } = answer
  const page = { selection, after, isCut: answer.page.next !== null, items, proof }
  return verifyRange(page, { network, gatewayKey: gatewayKey.publicKey })
}

async function sold(site: Site): Promise<SoldRows[]> {
  const rows: SoldRows[] = []
  for await (const one of site.credits.scan(0, site.credits.size)) rows.push(one)
  return rows
}

it('answers a query with rows, meter and limits; withheld rows are free', async () => {
  const site = await openWith(100)
  const answer = await site.ask('acme', queryOf('q1', 12))
  expect(answer).toMatchObject({ v: 1, id: 'q1', ok: true, page: { after: null, next: null } })
  expect(answer.items).toHaveLength(24)
  const priced = answer.items.filter((row: { class: string }) => row.class !== 'withheld').length
  expect(priced).toBeLessThan(24)
  expect(answer.meter).toEqual({ cost: 2 * priced, balance: 100 - 2 * priced })
  expect(answer.limits).toMatchObject({ perSecond: 1_000, burst: 1_000 })
  expect(answer).toMatchObject({ licence: expect.any(String), attribution: expect.any(String) })
  expect(answer).not.toHaveProperty('proof')
  const charged = await sold(site)
  expect(charged.reduce((sum, { rows, price }) => sum + rows * price, 0)).toBe(2 * priced)
  expect(charged.map(({ cell, first, last }) => [cell, first, last])).toEqual([
    [cells[1], midnight, midnight + 11 * 3_600],
    [cells[2], midnight, midnight + 11 * 3_600],
  ])
})

it('quotes what all pages cost, and the pages cost that', async () => {
  const site = await openWith(1_000)
  const { quote } = await site.ask('acme', { ...queryOf('p0', 24), op: 'quote' })
  let cursor: string | null = null
  let spent = 0
  let rows = 0
  for (let page = 1; page === 1 || cursor !== null; page++) {
    const more = { page: { limit: 7, cursor } }
    const answer: AnswerJson = await site.ask('acme', queryOf(`p${page}`, 24, more))
    expect(answer.page.after).toBe(cursor)
    spent += answer.meter.cost
    rows += answer.items.length
    cursor = answer.page.next
    if (page === 2) {
      const rest = await site.ask('acme', { ...queryOf('rest', 24, more), op: 'quote' })
      expect(rest.quote.rows).toBe(48 - 7)
    }
  }
  expect({ rows, cost: spent }).toEqual(quote)
  expect(site.credits.ledger.buyer('acme')!.balance).toBe(1_000 - spent)
})

it('proves each page of a query once its epochs are closed', async () => {
  const site = await openWith(10_000)
  const pending = await site.ask('acme', queryOf('q0', 24, { proof: true }))
  expect(pending.proof).toBe('pending')
  closeEpochs(site, [-2, 3, 9, 9.5, 26])
  let cursor: string | null = null
  let pages = 0
  do {
    const request = queryOf(`q${++pages}`, 24, { proof: true, page: { limit: 5, cursor } })
    const answer: AnswerJson = await site.ask('acme', request)
    expect(checkProof(answer)).toMatchObject({ ok: true })
    const changed = structuredClone(answer)
    changed.items.splice(1, 1)
    expect(checkProof(changed).ok).toBe(false)
    cursor = answer.page.next
  } while (cursor !== null)
  expect(pages).toBe(10)
  const free = await site.ask('acme', { ...queryOf('p', 24), op: 'proof' })
  const whole = await site.ask('acme', queryOf('w', 24))
  expect(free.meter.cost).toBe(0)
  expect(free).not.toHaveProperty('items')
  expect(checkProof({ ...whole, proof: free.proof })).toMatchObject({ ok: true })
})

it('proves the gap before the first epoch, and refuses what lies wholly before it', async () => {
  const site = await openSite()
  site.rows.add(someRows(30, 6))
  await site.buyers.addBuyer('acme', all, 1_000)
  closeEpochs(site, [6, 40])
  const answer = await site.ask('acme', queryOf('q1', 24, { proof: true }))
  expect(checkProof(answer)).toMatchObject({ ok: true })
  const early = await site.ask('acme', queryOf('q2', 3, { proof: true }))
  expect(early.problem).toMatchObject({ type: 'urn:fp:problem:not-found', status: 404 })
})

it('shortens a page to 64 kB, proof included, and says where it goes on', async () => {
  const site = await openSite()
  site.rows.add(someRows(700))
  await site.buyers.addBuyer('acme', all, 100_000)
  closeEpochs(site, [-2, 100, 200, 300, 400, 500, 600, 710])
  let cursor: string | null = null
  let rows = 0
  for (let page = 1; page === 1 || cursor !== null; page++) {
    const request = queryOf(`q${page}`, 700, { proof: true, page: { limit: 500, cursor } })
    const answer: AnswerJson = await site.ask('acme', request)
    expect(JSON.stringify(answer).length).toBeLessThanOrEqual(65_536)
    if (page < 3) expect(answer.items.length).toBeGreaterThan(100)
    expect(checkProof(answer)).toMatchObject({ ok: true })
    rows += answer.items.length
    cursor = answer.page.next
  }
  expect(rows).toBe(1_400)
})

it('answers an id once: stored, made again where the store was lost, never charged again', async () => {
  let site = await openWith(1_000)
  const first = await site.ask('acme', queryOf('q1', 12))
  const { balance } = first.meter
  expect(await site.ask('acme', queryOf('q1', 12))).toEqual(first)
  site = await site.restart({ kill: true })
  expect(await site.ask('acme', queryOf('q1', 12))).toEqual(first)
  site = await site.restart({ kill: true, lost: true })
  // Rows that were published since belong to another request.
  site.rows.add([rowOf('temperature', cells[1], midnight + 11 * 3_600 - 86_400)])
  const again = await site.ask('acme', queryOf('q1', 12))
  expect(again.items).toEqual(first.items)
  expect(again.meter).toEqual(first.meter)
  const other = await site.ask('acme', queryOf('q1', 11))
  expect(other.problem.type).toBe('urn:fp:problem:conflict')
  expect(site.credits.ledger.buyer('acme')!.balance).toBe(balance)
  site.clock.atMs += 600_000
  const later = await site.ask('acme', queryOf('q1', 12))
  expect(later.meter.balance).toBe(balance - first.meter.cost)
})

it('never spends a credit twice, however many ask at once', async () => {
  const site = await openWith(100)
  const cost = (await site.ask('acme', { ...queryOf('p', 12), op: 'quote' })).quote.cost
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => site.ask('acme', queryOf(`r${i}`, 12))),
  )
  const paid = answers.filter(({ ok }) => ok)
  expect(paid).toHaveLength(Math.floor(100 / cost))
  for (const { ok, problem } of answers)
    if (!ok) expect(problem).toMatchObject({ type: 'urn:fp:problem:insufficient-credits', cost })
  const left = site.credits.ledger.buyer('acme')!.balance
  expect(left).toBe(100 - paid.length * cost)
  const restarted = await site.restart()
  expect(restarted.credits.ledger.buyer('acme')!.balance).toBe(left)
})

it('exports a day in chunks that are the file, and again without a charge', async () => {
  const site = await openSite()
  const minutes = Array.from({ length: 1_440 }, (_, i) =>
    rowOf('temperature', cells[1], midnight + i * 60, 60),
  )
  site.rows.add(minutes)
  await site.buyers.addBuyer('acme', all, 6_000)
  const day = new Date(midnight * 1_000).toISOString().slice(0, 10)
  const q = { metric: 'temperature', cells: [cells[1]], day, step: 'PT1M' }
  const request = { v: 1, id: 'x1', op: 'export', format: 'ndjson', q }
  const messages = await site.askAll('acme', request)
  expect(messages.length).toBeGreaterThan(5)
  const text = messages.map(({ payload, id }, i) => {
    expect({ id, seq: payload.seq, of: payload.of }).toEqual({
      id: 'x1',
      seq: i + 1,
      of: messages.length,
    })
    const bytes = Buffer.from(payload.data, 'base64url')
    expect(bytes.length).toBeLessThanOrEqual(48_000)
    expect(JSON.stringify(payload).length).toBeLessThanOrEqual(65_536)
    return bytes.toString()
  })
  const lines = text.join('').trimEnd().split('\n')
  expect(lines).toEqual(site.rows.all().map((row) => row.text))
  const balance = messages[0]!.payload.meter.balance
  expect(balance).toBe(6_000 - 2 * 1_296)
  const again = await site.askAll('acme', request)
  expect(again.map(({ payload }) => payload.data)).toEqual(
    messages.map(({ payload }) => payload.data),
  )
  expect(site.credits.ledger.buyer('acme')!.balance).toBe(balance)
  const csv = await site.askAll('acme', { ...request, id: 'x2', format: 'csv' })
  const table = csv.map(({ payload }) => Buffer.from(payload.data, 'base64url').toString()).join('')
  expect(table.split('\n')[0]).toMatch(/^time,cell,metric,step,t,class/)
  expect(table.trimEnd().split('\n')).toHaveLength(1_441)
})

it('answers what is free, and tells what a defect was not', async () => {
  const site = await openWith(10)
  const catalog = await site.ask('acme', { v: 1, id: 'c', op: 'catalog' })
  expect(catalog.items[0]).toMatchObject({ metric: 'temperature', step: 'PT1H', price: 2 })
  const account = await site.ask('acme', { v: 1, id: 'a', op: 'account' })
  expect(account.account).toEqual({ name: 'acme', metrics: ['all'], subscriptions: [] })
  closeEpochs(site, [-2, 3])
  const epoch = await site.ask('acme', { v: 1, id: 'e', op: 'epoch', q: { n: 1 } })
  expect(epoch.epoch).toMatchObject({ v: 1, n: 1 })
  const q = { metric: 'temperature', cells: [cells[2]] }
  const latest = await site.ask('acme', { v: 1, id: 'l', op: 'latest', q })
  expect(latest.items.map(({ t }: { t: number }) => t)).toEqual([midnight + 23 * 3_600])
  expect(latest.meter).toEqual({ cost: 2, balance: 8 })
  site.rows.broken = true
  const broken = await site.ask('acme', queryOf('q9', 1))
  expect(broken.problem).toMatchObject({ type: 'urn:fp:problem:internal', status: 500 })
  expect(site.reports).toHaveLength(1)
  site.rows.broken = false
  expect((await site.ask('acme', queryOf('q9', 1))).ok).toBe(true)
})

it('tells who asks too fast when to come back', async () => {
  const site = await openSite({ rate: { perSecond: 2, burst: 3 } })
  await site.buyers.addBuyer('acme', all, 10)
  const ask = (id: string) => site.ask('acme', { v: 1, id, op: 'catalog' })
  for (const id of ['1', '2', '3']) expect((await ask(id)).limits.remaining).toBe(3 - Number(id))
  const { problem, limits } = await ask('4')
  expect(problem).toMatchObject({ type: 'urn:fp:problem:rate-limited', status: 429, retryAfter: 1 })
  expect(limits).toEqual({ perSecond: 2, burst: 3, remaining: 0 })
  site.clock.atMs += 500
  expect((await ask('5')).ok).toBe(true)
})

it('knows every credit after a start from a snapshot, and after one without', async () => {
  let site = await openWith(1_000)
  for (const id of ['a', 'b', 'c']) await site.ask('acme', queryOf(id, 12))
  await site.buyers.creditBuyer('acme', 50)
  const { balance } = site.credits.ledger.buyer('acme')!
  site = await site.restart()
  await site.ask('acme', queryOf('d', 12))
  const spent = balance - site.credits.ledger.buyer('acme')!.balance
  expect(spent).toBeGreaterThan(0)
  // The snapshot is of the start before: what followed is read behind it.
  site = await site.restart({ kill: true })
  expect(site.credits.ledger.buyer('acme')).toMatchObject({
    balance: balance - spent,
    credited: 1_050,
  })
  expect((await site.ask('acme', queryOf('d', 12))).meter.balance).toBe(balance - spent)
  const total = (await sold(site)).reduce((sum, { rows, price }) => sum + rows * price, 0)
  expect(1_050 - total).toBe(balance - spent)
})
