import { afterEach, describe, expect, test } from 'vitest'
import { fromB64u, toB64u } from '../../../gateway/core/bytes.js'
import { serialInFlightMax } from '../../../gateway/core/limits.js'
import { reasons } from '../../../gateway/core/verdict.js'
import { until } from '../../support/gateway.js'
import { type NullModem, nullModem } from '../../support/socat.js'
import { helloFields, ScriptedBoard } from './scriptedBoard.js'
import {
  deviceIds,
  gatewayKey,
  type LinkSettings,
  type LinkUnderTest,
  network,
  startLink,
} from './setup.js'

const [device, otherDevice] = deviceIds
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function modem(): Promise<NullModem> {
  const made = await nullModem()
  cleanups.push(() => made.unplug())
  return made
}

async function link(ports: string[], settings?: LinkSettings): Promise<LinkUnderTest> {
  const made = await startLink(ports, settings)
  cleanups.push(() => made.link.stop())
  return made
}

async function board(path: string, id?: string, caps?: string): Promise<ScriptedBoard> {
  const made = await ScriptedBoard.open(path, id, caps)
  cleanups.push(() => made.close())
  return made
}

/** A link and a board that have greeted each other. */
async function pair(caps?: string, settings?: LinkSettings) {
  const cable = await modem()
  const sensor = await board(cable.b, device, caps)
  const gateway = await link([cable.a], settings)
  await until('the hello', () => gateway.presences.length > 0)
  return { cable, sensor, ...gateway }
}

describe('hello', () => {
  test('a probe is sent after opening and repeated until a valid line comes', async () => {
    const cable = await modem()
    const sensor = await board(cable.b)
    const { link: serial } = await link([cable.a])
    await sensor.next('ID?')
    await sensor.next('ID?')
    expect(serial.ports()[0]?.state).toBe('probing')
    sensor.send('HI', ...helloFields(device))
    await until('the board to be online', () => serial.ports()[0]?.state === 'online')
    expect(serial.ports()[0]?.device).toBe(device)
    expect(serial.condition()).toEqual([])
  })

  test('presence tells model, boot count and loss', async () => {
    const { presences, cable } = await pair()
    expect(presences[0]).toEqual({ device, online: true, bootCount: 7, firmware: '1.0.3' })
    await cable.unplug()
    await until('the loss', () => presences.at(-1)?.online === false)
  })

  test('a board that falls silent is probed again after the watchdog, and is well again', async () => {
    const {
      sensor,
      link: serial,
      presences,
    } = await pair('rd', {
      timing: { silenceMs: 300 },
    })
    sensor.hello = undefined
    sensor.heard.length = 0
    await until('silence', () => serial.ports()[0]?.state === 'silent')
    await sensor.next('ID?')
    expect(serial.condition()).toEqual([expect.stringContaining('has no board that answers')])
    await until('absence', () => presences.at(-1)?.online === false)
    sensor.hello = helloFields(device)
    await until('presence', () => presences.at(-1)?.online === true)
    expect(serial.condition()).toEqual([])
  })

  test('what the gateway itself says, echoed, is no sign of life', async () => {
    const cable = await modem()
    const sensor = await board(cable.b)
    const { link: serial } = await link([cable.a])
    await sensor.next('ID?')
    sensor.send('ID?')
    sensor.send('AK', '1')
    await sensor.next('ID?')
    await sensor.next('ID?')
    expect(serial.ports()[0]?.state).toBe('probing')
  })
})

describe('readings', () => {
  test('are handed over byte for byte and acknowledged only after the verdict', async () => {
    const { sensor, intake } = await pair()
    intake.verdict = undefined
    const bytes = Uint8Array.from({ length: 755 }, (_, i) => i)
    sensor.send('RD', '255', toB64u(bytes))
    await until('the message', () => intake.submitted.length === 1)
    const [message] = intake.submitted
    expect(message).toMatchObject({ kind: 'rd', transport: 'serial' })
    expect(Buffer.from(message!.bytes).equals(bytes)).toBe(true)
    sensor.send('TQ', 'AAAAAA')
    await sensor.next('TM')
    expect(sensor.heard.filter((line) => line.type === 'AK')).toEqual([])
    intake.answer(message!, 'accepted')
    expect(await sensor.next('AK')).toEqual(['255'])
  })

  test.each(reasons)('refused as %s are answered with that reason', async (reason) => {
    const { sensor, intake } = await pair()
    intake.verdict = reason
    sensor.send('RD', '3', 'AAAA')
    expect(await sensor.next('NK')).toEqual(['3', reason])
  })

  test('rotation and self-revocation are answered like a reading', async () => {
    const { sensor, intake } = await pair()
    sensor.send('RO', '1', 'AAAA')
    sensor.send('RV', '2', 'AAAB')
    expect(await sensor.next('AK')).toEqual(['1'])
    expect(await sensor.next('AK')).toEqual(['2'])
    expect(intake.submitted.map((message) => message.kind)).toEqual(['ro', 'rv'])
  })

  test('several are in flight and each gets its own answer, in any order', async () => {
    const { sensor, intake } = await pair()
    intake.verdict = undefined
    for (const ls of [1, 2, 3, 4]) sensor.send('RD', `${ls}`, toB64u(Uint8Array.of(ls)))
    await until('four messages', () => intake.submitted.length === 4)
    for (const i of [3, 1, 0, 2])
      intake.answer(intake.submitted[i]!, i === 1 ? 'bad-signature' : 'accepted')
    expect(await sensor.next('NK')).toEqual(['2', 'bad-signature'])
    const accepted = [await sensor.next('AK'), await sensor.next('AK'), await sensor.next('AK')]
    expect(accepted.flat()).toEqual(['4', '1', '3'])
  })

  test('beyond the bound are answered overloaded, and counted', async () => {
    const { sensor, intake } = await pair()
    intake.verdict = undefined
    for (let ls = 0; ls <= serialInFlightMax; ls++)
      sensor.send('RD', `${ls}`, toB64u(Uint8Array.of(ls)))
    expect(await sensor.next('NK')).toEqual([`${serialInFlightMax}`, 'overloaded'])
    expect(intake.submitted.length).toBe(serialInFlightMax)
    expect(intake.count('overloaded')).toBe(1)
  })
})

describe('damaged lines', () => {
  test('a wrong check value is answered under its line number, and only where one can be read', async () => {
    const { sensor, intake } = await pair()
    sensor.raw('$FPRD,9,AAAA*0000\r\n$FPRD,x,AAAA*0000\r\n$FPHI,1*0000\r\n')
    expect(await sensor.next('NK')).toEqual(['9', 'crc'])
    await until('three refusals', () => intake.count('crc') === 3)
    sensor.send('RD', '1', 'AAAA')
    await sensor.next('AK')
    expect(sensor.heard.filter((line) => line.type === 'NK')).toEqual([])
  })

  test('a sentence without its form is answered frame', async () => {
    const { sensor, intake } = await pair()
    sensor.send('RD', '7', 'AA==')
    expect(await sensor.next('NK')).toEqual(['7', 'frame'])
    sensor.send('RD', '8', 'AAAA', 'more')
    expect(await sensor.next('NK')).toEqual(['8', 'frame'])
    sensor.send('RD', '256', 'AAAA')
    sensor.send('HI', '1', 'nobody')
    await until('four refusals', () => intake.count('frame') === 4)
    expect(intake.submitted).toEqual([])
  })

  test('a sentence longer than a line may be is refused as frame', async () => {
    const { sensor, intake } = await pair()
    sensor.send('RD', '7', toB64u(new Uint8Array(756 + 8)))
    expect(await sensor.next('NK')).toEqual(['7', 'frame'])
    expect(intake.submitted).toEqual([])
  })

  test('text before a sentence, and lines without one, are the log; LF alone ends a line', async () => {
    const { sensor, said } = await pair()
    sensor.raw('I (123) wifi: connected\n')
    sensor.raw('free heap 20 kB \u001b[31m')
    sensor.send('RD', '1', 'AAAA')
    sensor.raw('\u001b[0;32mI boot\u001b[0m\u001b[2J done\r\n')
    expect(await sensor.next('AK')).toEqual(['1'])
    await until('the log', () => said('done'))
    expect(said('wifi: connected')).toBe(true)
    expect(said('free heap 20 kB')).toBe(true)
    expect(said('\u001b')).toBe(false)
  })

  test('of two sentences in one line only the last counts', async () => {
    const { sensor, intake } = await pair()
    sensor.raw('$FPRD,1,AAAA')
    sensor.send('RD', '2', 'AAAB')
    expect(await sensor.next('AK')).toEqual(['2'])
    expect(intake.submitted.length).toBe(1)
  })

  test('a board that floods its log is not shown whole, and says how much', async () => {
    const { sensor, events, said } = await pair()
    for (let i = 0; i < 300; i++) sensor.raw(`debug ${i}\n`)
    sensor.send('RD', '1', 'AAAA')
    await sensor.next('AK')
    await until('the count', () => said("more lines of the board's log not shown"))
    expect(events.filter((event) => event.text.startsWith('debug')).length).toBeLessThan(100)
  })
})

describe('time and configuration', () => {
  test('a time query is answered for the device that said hello', async () => {
    const { sensor, intake } = await pair()
    sensor.send('TQ', toB64u(Uint8Array.of(1, 2, 3, 4)))
    expect(await sensor.next('TM')).toEqual([toB64u(intake.timeAnswer!)])
    expect(intake.times).toEqual([{ device, nonce: Uint8Array.of(1, 2, 3, 4) }])
  })

  test('an unknown device is given no time', async () => {
    const { sensor, intake } = await pair()
    intake.timeAnswer = undefined
    sensor.send('TQ', 'AAAAAA')
    await until('the refusal', () => intake.count('unknown-device') === 1)
    sensor.send('RD', '1', 'AAAA')
    await sensor.next('AK')
    expect(sensor.heard.filter((line) => line.type === 'TM')).toEqual([])
  })

  test('downlinks go to boards that can take them', async () => {
    const { sensor, link: serial } = await pair('rd+cf')
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i)
    expect(serial.send(device, 'cm', bytes)).toBe(true)
    expect(fromB64u((await sensor.next('CF'))[0]!)).toEqual(bytes)
    expect(serial.send(device, 'rc', bytes)).toBe(false)
    expect(serial.send(otherDevice, 'cm', bytes)).toBe(false)
    sensor.send('HI', ...helloFields(device, 'rd+rc', 8))
    await until('receipts', () => serial.send(device, 'rc', bytes))
    expect(fromB64u((await sensor.next('RC'))[0]!)).toEqual(bytes)
    expect(serial.send(device, 'cm', bytes)).toBe(false)
    expect(serial.send(device, 'rc', new Uint8Array(756))).toBe(false)
  })
})

describe('enrolment', () => {
  test('an unknown board is asked, its proof goes on with the nonce, the outcome is told', async () => {
    const { sensor, intake, said } = await pair('rd+en')
    const [nonce, net, key] = await sensor.next('EQ')
    expect(fromB64u(nonce!)?.length).toBe(16)
    expect(net).toBe(network)
    expect(fromB64u(key!)).toEqual(gatewayKey)
    sensor.send('EN', toB64u(Uint8Array.of(9, 9)))
    await until('the proof', () => intake.enrolments.length === 1)
    const [enrolment] = intake.enrolments
    expect(enrolment?.bytes).toEqual(Uint8Array.of(9, 9))
    expect(enrolment?.claimed).toBe(device)
    expect(toB64u(enrolment!.nonce)).toBe(nonce)
    await until('the outcome', () => said(`devices approve ${device}`))
  })

  test('a question that is not answered is repeated with the same nonce', async () => {
    const { sensor } = await pair('rd+en')
    const [first] = await sensor.next('EQ')
    const [second] = await sensor.next('EQ')
    expect(second).toBe(first)
  })

  test('a proof that was not asked for is refused, so none can be played back', async () => {
    const { sensor, intake } = await pair('rd+en')
    await sensor.next('EQ')
    sensor.send('EN', 'AAAA')
    sensor.send('EN', 'AAAA')
    await until('the refusal', () => intake.count('frame') === 1)
    expect(intake.enrolments.length).toBe(1)
  })

  test.each(['active', 'suspended', 'revoked'] as const)(
    'a board that is %s is not asked',
    async (state) => {
      const cable = await modem()
      const sensor = await board(cable.b)
      const { intake } = await link([cable.a])
      intake.states.set(device, state)
      sensor.send('HI', ...helloFields(device, 'rd+en'))
      sensor.send('RD', '1', 'AAAA')
      await sensor.next('AK')
      expect(sensor.heard.filter((line) => line.type === 'EQ')).toEqual([])
    },
  )

  test('once approved, the board is asked who it is, so that it sends what it kept', async () => {
    const { sensor, link: serial, said } = await pair()
    sensor.heard.length = 0
    serial.tell(device, { v: 1, state: 'active', gateway: { id: 'g', key: 'k' } })
    await sensor.next('ID?')
    expect(said(`${device} is active`)).toBe(true)
  })
})

describe('several ports', () => {
  test('boards on several ports are served at once', async () => {
    const cables = await Promise.all([modem(), modem(), modem()])
    const sensors = await Promise.all(cables.map((cable, i) => board(cable.b, deviceIds[i])))
    const { link: serial, intake, presences } = await link(cables.map((cable) => cable.a))
    await until('three boards', () => presences.length === 3)
    sensors.forEach((sensor, i) => {
      sensor.send('RD', `${i}`, toB64u(Uint8Array.of(i)))
    })
    for (const [i, sensor] of sensors.entries()) expect(await sensor.next('AK')).toEqual([`${i}`])
    expect(intake.submitted.length).toBe(3)
    expect(serial.ports().map((port) => port.device)).toEqual([...deviceIds])
  })

  test('two boards that claim one id are both served, with a warning', async () => {
    const cables = await Promise.all([modem(), modem()])
    const sensors = await Promise.all(cables.map((cable) => board(cable.b, device, 'rd+cf')))
    const { link: serial, said, presences } = await link(cables.map((cable) => cable.a))
    await until('the warning', () => said('must not share one key'))
    for (const sensor of sensors) {
      sensor.send('RD', '1', 'AAAA')
      expect(await sensor.next('AK')).toEqual(['1'])
    }
    expect(serial.send(device, 'cm', Uint8Array.of(1))).toBe(true)
    for (const sensor of sensors) await sensor.next('CF')
    await cables[0]!.unplug()
    await until('the loss', () => said('was lost'))
    expect(presences.every((presence) => presence.online)).toBe(true)
  })

  test('a board is who signs, not what it calls itself', async () => {
    const { sensor, intake, link: serial, said } = await pair()
    intake.signer = otherDevice
    sensor.send('RD', '1', 'AAAA')
    await sensor.next('AK')
    expect(serial.ports()[0]?.device).toBe(otherDevice)
    expect(said(`calls itself ${device} but signs as ${otherDevice}`)).toBe(true)
  })
})
