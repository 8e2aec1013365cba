import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { answerVectors, changedAnswer } from '../support/answerVectors.js'
import { axeViolations, buildPages, launchBrowser } from '../support/browser.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { changed, proofVectors } from '../support/proofVectors.js'
import { readingOf } from '../support/reading.js'

const holder = holderOf(71)
const device = deviceIdOf(holder.publicKey)
const proofFile = join(temporaryFolder(), 'proof.json')
let gateway: RunningGateway
let browser: Browser
let page: Page
/** Everything that the browser asked for, and what it complained about. */
const requests: string[] = []
const complaints: string[] = []

/** A proof of a real gateway, with all parts. */
async function makeProof(): Promise<void> {
  await enrol(gateway, holder)
  const session = await connectDevice(gateway, holder)
  const time = Math.floor(Date.now() / 1_000)
  const value = { metric: 'temperature', time, value: { m: 215, e: -1 } }
  await session.send(readingOf(holder, testNetwork, 1, [value]))
  await session.close()
  const close = ['epoch', 'close', '--data-dir', gateway.dataDir]
  await until('the epoch to last a second', async () => (await fieldproof(close)).code === 0)
  const made = await fieldproof(['proof', device, '1', '-o', proofFile, '-d', gateway.dataDir])
  expect(made).toMatchObject({ code: 0 })
}

beforeAll(async () => {
  await buildPages()
  const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
  const running = await Promise.all([startGateway({ env }), launchBrowser()])
  gateway = running[0]
  browser = running[1]
  await makeProof()
  page = await browser.newPage()
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(new URL('/verify', gateway.url).href)
})

afterAll(async () => {
  await browser.close()
  await gateway.kill()
})

async function choose(content: string | Buffer, name = 'proof.json'): Promise<void> {
  await page.evaluate('document.getElementById("result")?.setAttribute("hidden", "")')
  const buffer = Buffer.from(content)
  await page.setInputFiles('#choose', { name, mimeType: 'application/json', buffer })
  await page.waitForSelector('#result:not([hidden])')
}

/** `link state` of every row. */
async function rows(): Promise<string[]> {
  const read =
    '[...document.querySelectorAll("#links li")].map((li) => li.dataset.link + " " + li.className)'
  return (await page.evaluate(read)) as string[]
}

describe('the page that checks proofs', () => {
  it('shows every link of a good file green, and what it came to', async () => {
    await choose(readFileSync(proofFile, 'utf8'))
    const shown = await rows()
    expect(shown).toHaveLength(12)
    expect(shown.filter((row) => !row.endsWith(' good'))).toEqual(['witness idle'])
    expect(await page.textContent('#verdict')).toBe('Every step holds')
    expect(await page.textContent('#links')).toMatch(/Your reading is entry 2 of [4-9]/)
    expect(await page.textContent('#facts')).toMatch(/Paid to the device in this epoch[1-9]/)
  })

  it('names the link that a change breaks, and checks none after it', async () => {
    const order = ['file', 'message', 'device', 'gateway', 'checkpoint', 'witness', 'log']
    order.push('record', 'epoch', 'contribution', 'reading', 'reward')
    for (const one of proofVectors().broken) {
      await choose(JSON.stringify(changed(one)))
      const at = order.indexOf(one.link)
      const good = (link: string): string => (link === 'witness' ? 'idle' : 'good')
      const expected = order.map(
        (link, i) => `${link} ${i < at ? good(link) : i === at ? 'bad' : 'skipped'}`,
      )
      expect([one.name, await rows()]).toEqual([one.name, expected])
      expect(await page.textContent('#verdict')).toBe('This proof does not hold')
      expect(await page.isHidden('#outcome')).toBe(true)
    }
  })

  it('says what a late, an open and a poor reading are', async () => {
    const { files } = proofVectors()
    const wordsOf = async (name: string): Promise<string> => {
      await choose(JSON.stringify(files[name]!.file), `${name}.json`)
      return (await page.textContent('#result')) ?? ''
    }
    expect(await wordsOf('late')).toContain('Your reading was logged, not counted')
    expect(await wordsOf('nothing')).toContain('the file shows no earlier earnings')
    const open = await wordsOf('open')
    expect(open).toContain('The epoch of this reading was still open')
    expect(await rows()).toHaveLength(7)
  })

  it('takes the packed form', async () => {
    const packed = join(temporaryFolder(), 'proof.cbor')
    const made = ['proof', device, '1', '--packed', '-o', packed, '-d', gateway.dataDir]
    expect(await fieldproof(made)).toMatchObject({ code: 0 })
    await choose(readFileSync(packed), 'proof.cbor')
    expect(await page.textContent('#verdict-text')).toContain('proof.cbor is good')
  })

  it('takes an answer to a query, and names what does not hold', async () => {
    const { answers, broken } = answerVectors()
    await choose(JSON.stringify(answers.pages!.file), 'answer.json')
    const links = ['file', 'gateway', 'pages', 'proof', 'rows']
    expect(await rows()).toEqual(links.map((link) => `${link} good`))
    expect(await page.textContent('#verdict-text')).toContain('has exactly what gateway')
    expect(await page.textContent('#facts')).toContain('11, of which 1 say')
    expect(await axeViolations(page)).toEqual([])
    await choose(JSON.stringify(answers.cut!.file), 'cut.json')
    expect(await page.textContent('#facts')).toContain('rows behind it are in further pages')
    for (const one of broken) {
      await choose(JSON.stringify(changedAnswer(one)))
      const at = links.indexOf(one.link)
      const states = links.map((_, i) => (i < at ? 'good' : i === at ? 'bad' : 'skipped'))
      const expected = links.map((link, i) => `${link} ${states[i]}`)
      expect([one.name, await rows()]).toEqual([one.name, expected])
      expect(await page.textContent('#verdict')).toBe('This answer does not hold')
      expect(await page.isHidden('#outcome')).toBe(true)
    }
  })

  it('takes a dropped file', async () => {
    await page.evaluate('document.getElementById("result")?.setAttribute("hidden", "")')
    await page.evaluate(`{
      const data = new DataTransfer()
      data.items.add(new File([${JSON.stringify(readFileSync(proofFile, 'utf8'))}], 'dropped.json'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }))
    }`)
    await page.waitForSelector('#result:not([hidden])')
    expect(await page.textContent('#verdict-text')).toContain('dropped.json is good')
  })

  it('is reached by the keyboard alone, and tells the outcome where the focus goes', async () => {
    await page.reload()
    const focused = async (id: string): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await page.keyboard.press('Tab')
        if ((await page.evaluate('document.activeElement.id')) === id) return
      }
      expect.fail(`${id} is not reached`)
    }
    // Asked for before the first key: a busy page may hear of it later than of a key that follows.
    const chooser = page.waitForEvent('filechooser', { timeout: 0 })
    await focused('choose')
    await page.keyboard.press('Space')
    await (await chooser).setFiles(proofFile)
    await page.waitForSelector('#result:not([hidden])')
    expect(await page.evaluate('document.activeElement.id')).toBe('verdict')
  })

  it('has no fault that axe-core finds, in light and dark', async () => {
    const { files, broken } = proofVectors()
    const texts = [JSON.stringify(files.counted!.file), JSON.stringify(changed(broken[30]!))]
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const text of texts) {
        await choose(text)
        expect(await axeViolations(page)).toEqual([])
        // SCREENSHOTS=<folder> keeps what a person should look at.
        const shot = process.env.SCREENSHOTS
        if (shot)
          await page.screenshot({
            path: join(shot, `${colorScheme}-${texts.indexOf(text)}.png`),
            fullPage: true,
          })
      }
    }
  })

  it('works without the gateway, asks nobody anything and has no right to', async () => {
    await page.emulateMedia({ colorScheme: null })
    const before = requests.length
    await gateway.kill()
    await choose(readFileSync(proofFile, 'utf8'))
    expect(await page.textContent('#verdict')).toBe('Every step holds')
    expect(requests.length).toBe(before)
    expect(requests.filter((url) => !url.startsWith(gateway.url))).toEqual([])
    expect(complaints).toEqual([])
    const sent = await page.evaluate('fetch("/gateway.json").then(() => "sent", () => "refused")')
    expect(sent).toBe('refused')
    expect(complaints.join()).toContain("connect-src 'none'")
  })
})
