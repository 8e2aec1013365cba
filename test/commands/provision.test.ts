import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openCable } from '../../gateway/commands/provision/boardCable.js'
import { provisionBoard } from '../../gateway/commands/provision/provisionBoard.js'
import { toHex } from '../../gateway/core/bytes.js'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { fieldproof } from '../support/cli.js'
import { buildFolder, buildHost, HostSession } from '../support/firmware.js'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'
import { testCell, testNetwork, testOwner } from '../support/mqttDevice.js'
import { type NullModem, nullModem } from '../support/socat.js'

/** The real library behind a real serial device file, a gateway, and the command in between. */
const { folder, remove } = buildFolder()
let modem: NullModem
let gateway: RunningGateway
let board: HostSession
let port: SerialPort
let timer: NodeJS.Timeout
const said: string[] = []
const startMs = performance.now()

function say(lines: readonly string[]): void {
  said.push(...lines)
  for (const line of lines.filter((one) => !one.startsWith('! '))) port.write(`${line}\r\n`)
}

beforeAll(async () => {
  modem = await nullModem()
  board = new HostSession(await buildHost('clang', ['-O2'], folder))
  port = new SerialPort({ path: modem.b, baudRate: 115_200 })
  port.on('data', (bytes: Buffer) => void board.ask('rx', toHex(bytes)).then(say))
  await board.ask('power', 0).then(say)
  timer = setInterval(
    () => void board.ask('tick', Math.floor(performance.now() - startMs)).then(say),
    20,
  )
  gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_SERIAL__PORTS: JSON.stringify([modem.a]),
    },
  })
})

afterAll(async () => {
  clearInterval(timer)
  await gateway.stop()
  await new Promise<void>((resolve) => port.close(() => resolve()))
  board.close()
  await modem.unplug()
  remove()
})

function provision(...more: string[]): ReturnType<typeof fieldproof> {
  const place = ['--owner', testOwner, '--cell', testCell, '--port', modem.a]
  return fieldproof(['provision', '-d', gateway.dataDir, ...place, ...more])
}

it('leaves the port of a board without a key alone, and says what to do', async () => {
  const text = 'has a board without a key: run fieldproof provision'
  await until('the gateway to say so', () => gateway.output().includes(text), {
    detail: gateway.output,
  })
})

it('asks nobody who is not there', async () => {
  const { code, err } = await provision()
  expect([code, err]).toEqual([2, expect.stringContaining('--yes')])
})

it('gives the board key, place and settings, and the gateway has it', async () => {
  const password = join(folder, 'wifi.txt')
  writeFileSync(password, 'correct_horse\n')
  const settings = [
    '--ssid',
    'home',
    '--password-file',
    password,
    '--broker',
    'mqtt://10.0.0.2:1883',
  ]
  const { code, out, err } = await provision('--yes', '--json', ...settings)
  expect([code, err]).toEqual([0, expect.stringContaining('talking to the board')])
  const device = JSON.parse(out) as DeviceView & { code: string }
  expect(device.state).toBe('active')
  expect(said).toContain(`fieldproof: enrolment code ${device.code}`)
  expect((await board.ask('show')).join(' ')).toContain(
    'settings=home,correct_horse,mqtt://10.0.0.2:1883',
  )
  expect(gateway.output()).toMatch(new RegExp(`${device.device} \\(code \\S{4}-\\S{4}\\) waits`))
  await until('the time', () => said.some((line) => line === '! time'), { detail: gateway.output })
  await board.ask('send', 'temperature:215:-1').then(say)
  await until('the reading to be accepted', () => said.includes('! accepted'))
})

it('does not give a second key', async () => {
  await board.ask('open')
  await gateway.stop()
  const cable = await openCable(modem.a)
  const gatewayKey = new Uint8Array(32)
  const place = { network: testNetwork, gatewayKey, owner: testOwner, cell: testCell, settings: [] }
  const second = provisionBoard(cable, place, (length) => new Uint8Array(length))
  await expect(second).rejects.toThrow(/has a key already/)
  await cable.close()
})
