/** What somebody sees on the dashboard who plugs boards in: ports in trouble, and one that becomes well. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fromB64u, toB64u } from '../../gateway/core/bytes.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { StatusView } from '../../gateway/ports/operations.js'
import { ScriptedBoard } from '../adapters/serial/scriptedBoard.js'
import { buildPages, launchBrowser } from '../support/browser.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { type NullModem, nullModem } from '../support/socat.js'
import { createVisits, expectUsable } from '../support/visits.js'

const holder = holderOf(950)
const id = deviceIdOf(holder.publicKey)

let gateway: RunningGateway
let browser: Browser
let board: NullModem
let busy: NullModem
let noisy: NullModem
let program: ScriptedBoard
let noise: ScriptedBoard

const { visit, complaints } = createVisits(
  () => browser,
  () => gateway.url,
)

beforeAll(async () => {
  await buildPages()
  browser = await launchBrowser()
  ;[board, busy, noisy] = await Promise.all([nullModem(), nullModem(), nullModem()])
  await board.unplug()
  program = await ScriptedBoard.open(busy.a)
  noise = await ScriptedBoard.open(noisy.b)
  gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_SERIAL__PORTS: JSON.stringify([board.a, busy.a, noisy.a]),
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await gateway?.kill()
  for (const one of [program, noise]) await one?.close()
  for (const one of [board, busy, noisy]) await one?.unplug()
})

async function signIn(size: 'phone' | 'desktop' = 'desktop'): Promise<Page> {
  const made = await fieldproof(['link', '--json', '--data-dir', gateway.dataDir])
  const { page } = await visit((JSON.parse(made.out) as { link: string }).link, size)
  return page
}

const notice = (title: string): string => `#attention .notice:has(h3:has-text("${title}"))`

it('names each port in trouble with its remedy, until it is well again', async () => {
  const page = await signIn()
  await page.waitForSelector(notice(`${board.a} is not there`))
  await page.waitForSelector(`${notice(`${busy.a} is in use`)} li:has-text("serial monitor")`)
  await noise.next('ID?')
  noise.raw(Uint8Array.from({ length: 600 }, (_, i) => 0x80 | ((i * 37) & 0x7f)))
  await page.waitForSelector(`${notice(`${noisy.a} sends garbage`)} li:has-text("115200")`)
  await expectUsable(page, 'boards-in-trouble')
  await program.close()
  await page.waitForSelector(notice(`${busy.a} is in use`), { state: 'detached' })
  await page.context().close()
})

it('shows what takes a board of its own to cause: no permission, silence, resets', async () => {
  const page = await signIn('phone')
  const port = (name: string, state: string, opened = 1) => ({ port: name, state, opened })
  await page.route('**/api/status', async (route) => {
    const answer = await route.fetch()
    const status = (await answer.json()) as StatusView
    const serial = [
      { ...port('/dev/ttyUSB1', 'denied'), error: 'may not be opened by this user' },
      port('/dev/ttyUSB2', 'silent'),
      port('/dev/ttyACM0', 'online', 9),
    ]
    await route.fulfill({ json: { ...status, serial } })
  })
  await page.waitForSelector(`${notice('No permission for /dev/ttyUSB1')} li:has-text("dialout")`)
  await page.waitForSelector(`${notice('Nothing comes from /dev/ttyUSB2')} li:has-text("cable")`)
  await page.waitForSelector(`${notice('keeps starting again')} li:has-text("power")`)
  await expectUsable(page, 'boards-in-trouble-phone')
  await page.context().close()
})

it('a board is plugged in: a toast, Approve, its first reading, green', async () => {
  const page = await signIn()
  await page.waitForSelector('#figures .figure')
  await board.plugIn()
  const plugged = await ScriptedBoard.open(board.b, id, 'rd+en+tq')
  const [nonce] = await plugged.next('EQ')
  const about = { model: 'window', firmware: 'test', version: '1' }
  const fields = { ...about, nonce: fromB64u(nonce!)!, metrics: ['temperature'] as const }
  plugged.send('EN', toB64u(encodeEnrolment(fields, holder, testNetwork)))
  await page.click(`.toast:has-text("${id} wants to join") a`)
  await page.fill('[name=owner]', '0x52908400098527886e0f7030069857d2e4169ee7')
  await page.fill('[name=place]', '48.14, 11.58')
  await page.press('[name=place]', 'Enter')
  await page.waitForSelector('.place .hex.selected')
  await page.click('#approve button[type=submit]')
  await page.click('#approved a')
  await page.waitForSelector('#checklist li[data-check=counted].no')
  const time = Math.floor(Date.now() / 1000)
  const values = [{ metric: 'temperature' as const, time, value: { m: 215, e: -1 } }]
  plugged.send('RD', '12', toB64u(readingOf(holder, testNetwork, 70_000, values)))
  expect(await plugged.next('AK')).toEqual(['12'])
  await page.waitForSelector('#checklist li[data-check=counted].yes')
  expect(await page.locator('#checklist li.yes').count()).toBe(6)
  await expectUsable(page, 'board-green')
  // Its clock goes wrong: refused, and said where one looks for it.
  const late = [{ ...values[0]!, time: time - 9 * 86_400 }]
  plugged.send('RD', '13', toB64u(readingOf(holder, testNetwork, 70_001, late)))
  await page.goto(`${gateway.url}/#/`)
  await page.waitForSelector('#refusals:has-text("the clock of the device is wrong")')
  await plugged.close()
  await page.context().close()
})

it('no page asked another host for anything, or broke its own policy', () => {
  expect(complaints).toEqual([])
})
