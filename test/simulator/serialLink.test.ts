import { SerialPort } from 'serialport'
import { afterEach, describe, expect, it } from 'vitest'
import { fromB64u, toB64u } from '../../gateway/core/bytes.js'
import { encodeTime } from '../../gateway/core/device/downlink.js'
import { LineGuard } from '../../gateway/core/frame/lineGuard.js'
import { formatSentence, parseLine } from '../../gateway/core/frame/sentence.js'
import { SerialLink } from '../../simulator/serialLink.js'
import { type After, realAfter } from '../../simulator/serialSession.js'
import { until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { type NullModem, nullModem } from '../support/socat.js'
import { nowSec, testDevice, testHost } from './support.js'

const gateway = holderOf(3)
/** A fiftieth of the real pauses: what matters is their order. */
const quick: After = (ms, then) => realAfter(ms / 50, then)

type Script = (type: string, fields: readonly string[], count: number) => string | undefined

/** The gateway's end of a line; answers each sentence by a script. */
async function scriptedGateway(path: string, script: Script) {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) =>
    port.open((error) => (error ? reject(error) : resolve())),
  )
  const guard = new LineGuard()
  const heard: { type: string; fields: string[] }[] = []
  const log: string[] = []
  port.on('data', (chunk: Uint8Array) => {
    for (const text of guard.push(chunk)) {
      const line = parseLine(text)
      if (line.kind === 'log') log.push(line.text)
      else if (line.log !== '') log.push(line.log)
      if (line.kind === 'bad' && line.ls !== undefined)
        port.write(formatSentence('NK', [`${line.ls}`, line.reason]))
      if (line.kind !== 'sentence') continue
      heard.push(line)
      const count = heard.filter(({ type }) => type === line.type).length
      const answer = script(line.type, line.fields, count)
      if (answer !== undefined) port.write(answer)
    }
  })
  return {
    heard,
    log,
    say: (type: string, ...fields: string[]) => port.write(formatSentence(type, fields)),
    close: () => new Promise<void>((resolve) => port.close(() => resolve())),
  }
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function lineWith(script: Script) {
  const modem: NullModem = await nullModem()
  closing.push(() => modem.unplug())
  const device = testDevice()
  const time: Script = (type, fields) => {
    if (type !== 'TQ') return undefined
    const nonce = fromB64u(fields[0]!)!
    const answer = encodeTime({ device: device.id, nonce, sec: nowSec, ms: 0 }, gateway, 'testnet')
    return formatSentence('TM', [toB64u(answer)])
  }
  const answering: Script = (...line) => time(...line) ?? script(...line)
  const far = await scriptedGateway(modem.a, answering)
  closing.push(() => far.close())
  const link = new SerialLink(device, { path: modem.b, receipts: false, after: quick }, testHost())
  closing.push(() => link.stop())
  link.start()
  await until('the device to have the time', () => link.ready())
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const value = { metric: 'temperature', time: nowSec + i, value: { m: 21, e: 0 } }
      device.outbox.push(device.reading([value]))
    }
    link.pump()
  }
  const settled = (): Promise<unknown> =>
    until('all to be answered', () => device.outbox.unsettled === 0)
  return { modem, device, far, link, send, settled }
}

describe('a device on a real serial device file', () => {
  it('is acknowledged reading by reading', async () => {
    const { far, send, settled } = await lineWith((type, fields) =>
      type === 'RD' ? formatSentence('AK', [fields[0]!]) : undefined,
    )
    send(50)
    await settled()
    const readings = far.heard.filter(({ type }) => type === 'RD')
    expect(new Set(readings.map(({ fields }) => fields[1])).size).toBe(50)
  })

  it('repeats what was not answered, gives up, and goes on when it is asked', async () => {
    let isDeaf = true
    const { far, device, send, settled } = await lineWith((type, fields) =>
      type === 'RD' && !isDeaf ? formatSentence('AK', [fields[0]!]) : undefined,
    )
    send(1)
    const readings = (): string[] =>
      far.heard.filter(({ type }) => type === 'RD').map(({ fields }) => fields[1]!)
    await until('five tries', () => readings().length === 5)
    isDeaf = false
    expect(device.outbox.unsettled).toBe(1)
    far.say('ID?')
    await settled()
    // More than one where the answer took longer than the first, shortened time-out.
    expect(readings().length).toBeGreaterThanOrEqual(6)
    expect(new Set(readings()).size).toBe(1)
    expect(far.heard.filter(({ type }) => type === 'HI').length).toBe(2)
  })

  it('survives damaged lines and noise', async () => {
    const { far, link, send, settled } = await lineWith((type, fields) =>
      type === 'RD' ? formatSentence('AK', [fields[0]!]) : undefined,
    )
    for (let i = 0; i < 5; i++) {
      link.disturb()
      send(2)
      await settled()
    }
    expect(far.log.some((text) => text.includes('brown-out'))).toBe(true)
  })

  it('comes back after the cable was pulled, with the same bytes', async () => {
    let isDeaf = true
    const { modem, far, send, link, device } = await lineWith(() => undefined)
    send(3)
    await until('three readings', () => far.heard.filter(({ type }) => type === 'RD').length >= 3)
    const before = far.heard.filter(({ type }) => type === 'RD').map(({ fields }) => fields[1])
    await modem.unplug()
    await until('the device to notice', () => !link.ready())
    await modem.plugIn()
    const again = await scriptedGateway(modem.a, (type, fields) =>
      type === 'RD' && !isDeaf ? formatSentence('AK', [fields[0]!]) : undefined,
    )
    closing.push(() => again.close())
    isDeaf = false
    await until('all to be answered', () => device.outbox.unsettled === 0)
    const after = again.heard.filter(({ type }) => type === 'RD').map(({ fields }) => fields[1])
    expect(new Set(after)).toEqual(new Set(before))
  })
})
