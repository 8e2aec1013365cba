import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../../support/gateway.js'
import { nullModem } from '../../support/socat.js'
import { helloFields, ScriptedBoard } from './scriptedBoard.js'
import { deviceIds, type LinkSettings, startLink } from './setup.js'

const [device] = deviceIds
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function modem() {
  const made = await nullModem()
  cleanups.push(() => made.unplug())
  return made
}

async function link(ports: 'auto' | string[], settings?: LinkSettings) {
  const made = await startLink(ports, settings)
  cleanups.push(() => made.link.stop())
  return made
}

async function board(path: string, id?: string, caps?: string) {
  const made = await ScriptedBoard.open(path, id, caps)
  cleanups.push(() => made.close())
  return made
}

describe('a lost port', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'is seen and opened again when the cable is back (%s)',
    async (signal) => {
      const cable = await modem()
      const first = await board(cable.b, device)
      const { link: serial, presences, said } = await link([cable.a])
      await until('the board', () => presences.length > 0)
      await cable.unplug(signal)
      await until('the loss', () => serial.ports()[0]?.state === 'missing')
      expect(said('was lost')).toBe(true)
      expect(serial.condition()).toEqual([expect.stringContaining(cable.a)])
      await first.close()
      await cable.plugIn()
      const second = await board(cable.b, device)
      await until('the board again', () => serial.ports()[0]?.state === 'online')
      second.send('RD', '1', 'AAAA')
      expect(await second.next('AK')).toEqual(['1'])
      expect(serial.condition()).toEqual([])
      expect(presences.map((presence) => presence.online)).toEqual([true, false, true])
    },
  )

  // Where the cable goes between two reads, the driver does not tell: it reads nothing for ever. The
  // board is known here, so that no probe, failing, tells in its place.
  test('is seen also while the board talks without pause, again and again', async () => {
    const cable = await modem()
    const { link: serial } = await link([cable.a])
    for (let round = 0; round < 8; round++) {
      const talker = await board(cable.b, device)
      await until('the board', () => serial.ports()[0]?.state === 'online')
      const chatter = setInterval(() => talker.raw(`${'x'.repeat(200)}\n`), 1)
      const before = serial.ports()[0]!.counts.bytes
      await until('bytes', () => serial.ports()[0]!.counts.bytes > before + 4096)
      await cable.unplug()
      clearInterval(chatter)
      await until('the loss', () => serial.ports()[0]?.state === 'missing')
      await talker.close()
      await cable.plugIn()
    }
  })

  test('takes its due answers with it: an older message never acknowledges a newer one', async () => {
    const cable = await modem()
    const first = await board(cable.b, device)
    const { intake, link: serial } = await link([cable.a])
    intake.verdict = undefined
    first.send('RD', '1', 'AAAA')
    await until('the message', () => intake.submitted.length === 1)
    await cable.unplug()
    await until('the loss', () => serial.ports()[0]?.state === 'missing')
    await first.close()
    await cable.plugIn()
    const second = await board(cable.b, device)
    await until('the board again', () => serial.ports()[0]?.state === 'online')
    second.send('RD', '1', 'BBBB')
    await until('the next message', () => intake.submitted.length === 2)
    intake.answer(intake.submitted[0]!, 'accepted')
    intake.answer(intake.submitted[1]!, 'bad-time')
    expect(await second.next('NK')).toEqual(['1', 'bad-time'])
    expect(second.heard.filter((line) => line.type === 'AK')).toEqual([])
  })

  test('that is not there yet is opened once it is', async () => {
    const cable = await modem()
    await cable.unplug()
    const { link: serial, said } = await link([cable.a])
    await until('the remedy', () => said('plug the board in'))
    expect(serial.ports()[0]).toMatchObject({ port: cable.a, state: 'missing' })
    await cable.plugIn()
    await board(cable.b, device)
    await until('the board', () => serial.ports()[0]?.state === 'online')
  })
})

describe('a port that cannot be opened', () => {
  test('because another program holds it is named, and taken once free', async () => {
    const cable = await modem()
    const holder = await ScriptedBoard.open(cable.a)
    await board(cable.b, device)
    const { link: serial, said } = await link([cable.a])
    await until('the remedy', () => said('in use by another program'))
    expect(serial.ports()[0]?.state).toBe('busy')
    await holder.close()
    await until('the board', () => serial.ports()[0]?.state === 'online')
  })

  test('because of its permissions says which group helps', async () => {
    const cable = await modem()
    chmodSync(cable.a, 0)
    const script = fileURLToPath(new URL('./withoutPermission.js', import.meta.url))
    const child = spawn(process.execPath, [script, cable.a], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
    const [port] = JSON.parse(output)
    expect(port).toMatchObject({ port: cable.a, state: 'denied' })
    expect(port.error).toContain('dialout')
  })

  test('because it is no serial port says so', async () => {
    const cable = await modem()
    const path = join(dirname(cable.a), 'file')
    writeFileSync(path, '')
    const { said } = await link([path])
    await until('the remedy', () => said('is no serial port'))
  })
})

describe('a stream without lines', () => {
  test('of many megabytes takes no memory, and the next line is read', async () => {
    const cable = await modem()
    const sensor = await board(cable.b)
    const { link: serial } = await link([cable.a])
    await sensor.next('ID?')
    const chunk = Buffer.alloc(64 * 1024, 'x')
    await sensor.write(chunk)
    const before = heldBytes()
    for (let i = 0; i < 64; i++) await sensor.write(chunk)
    await until('all of it', () => serial.ports()[0]!.counts.bytes >= 65 * chunk.length)
    expect(heldBytes() - before).toBeLessThan(1024 * 1024)
    expect(serial.ports()[0]!.counts.dropped).toBeGreaterThan(64 * chunk.length)
    sensor.send('RD', '5', 'AAAA')
    expect(await sensor.next('AK')).toEqual(['5'])
  })

  test('at the wrong baud rate is called noise, until a line comes', async () => {
    const cable = await modem()
    const sensor = await board(cable.b)
    const { link: serial, said } = await link([cable.a])
    await sensor.next('ID?')
    sensor.raw(Uint8Array.from({ length: 600 }, (_, i) => 0x80 | ((i * 37) & 0x7f)))
    await until('the remedy', () => said('115200 Bd'))
    expect(serial.ports()[0]?.state).toBe('noise')
    expect(serial.condition()).toEqual([expect.stringContaining('only noise')])
    sensor.raw('\n')
    sensor.send('HI', ...helloFields(device))
    await until('the board', () => serial.ports()[0]?.state === 'online')
    expect(serial.condition()).toEqual([])
  })
})

describe('a board that does not read', () => {
  test('loses answers, not the memory of the gateway', async () => {
    const cable = await modem()
    const sensor = await board(cable.b, device, 'rd+cf')
    const { link: serial, presences } = await link([cable.a])
    await until('the board', () => presences.length > 0)
    sensor.pause()
    const bytes = new Uint8Array(755)
    let sent = 0
    // What the system and socat buffer is taken; beyond it, no more than the bound.
    await until('no room', async () => {
      const taken = serial.send(device, 'cm', bytes)
      if (taken) sent++
      return !taken && serial.ports()[0]!.counts.unwritten > 100
    })
    expect(sent).toBeLessThan(1000)
    sensor.resume()
    await until('all that was taken', () => {
      return sensor.heard.filter((line) => line.type === 'CF').length === sent
    })
    expect(serial.send(device, 'cm', bytes)).toBe(true)
  })

  test('is heard all the same', async () => {
    const cable = await modem()
    const sensor = await board(cable.b, device, 'rd+cf')
    const { link: serial, intake, presences } = await link([cable.a])
    await until('the board', () => presences.length > 0)
    sensor.pause()
    const bytes = new Uint8Array(755)
    await until('no room', () => {
      serial.send(device, 'cm', bytes)
      return serial.ports()[0]!.counts.unwritten > 100
    })
    for (const ls of [1, 2, 3]) {
      sensor.send('RD', `${ls}`, 'AAAA')
      await until('the reading', () => intake.submitted.length === ls)
    }
  })
})

describe('automatic discovery', () => {
  test('finds a board that is plugged in later, and keeps a lost one in view', async () => {
    const cable = await modem()
    let found: string[] = []
    const { link: serial, said } = await link('auto', { find: () => Promise.resolve(found) })
    expect(serial.ports()).toEqual([])
    await board(cable.b, device)
    found = [cable.a]
    await until('the board', () => serial.ports()[0]?.state === 'online')
    found = []
    await cable.unplug()
    await until('the loss', () => said('was lost'))
    expect(serial.condition()).toEqual([expect.stringContaining(cable.a)])
    const elsewhere = await modem()
    await board(elsewhere.b, device)
    found = [elsewhere.a]
    await until(
      'only the new port',
      () =>
        serial
          .ports()
          .map((port) => port.port)
          .join() === elsewhere.a,
    )
    expect(serial.condition()).toEqual([])
  })

  test('a port that never had a board and goes is forgotten', async () => {
    const cable = await modem()
    let found = [cable.a]
    const { link: serial } = await link('auto', { find: () => Promise.resolve(found) })
    await until('the port', () => serial.ports()[0]?.state === 'probing')
    found = []
    await cable.unplug()
    await until('no port', () => serial.ports().length === 0)
  })

  test('a look that fails is told, and repeated', async () => {
    let looks = 0
    const { said } = await link('auto', {
      find: () => {
        looks++
        return looks === 1 ? Promise.reject(new Error('no /sys')) : Promise.resolve([])
      },
    })
    expect(said('cannot look for ports: no /sys')).toBe(true)
    await until('another look', () => looks > 2)
  })
})

describe('stop', () => {
  test('waits for the answers that are due, then lets the port go', async () => {
    const cable = await modem()
    const sensor = await board(cable.b, device)
    const { link: serial, intake } = await link([cable.a])
    intake.verdict = undefined
    sensor.send('RD', '1', 'AAAA')
    await until('the message', () => intake.submitted.length === 1)
    const stopped = serial.stop()
    intake.answer(intake.submitted[0]!, 'accepted')
    await stopped
    expect(await sensor.next('AK')).toEqual(['1'])
    expect(serial.ports()[0]?.state).toBe('closed')
  })
})

/** Bytes that live objects hold, after a collection. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
