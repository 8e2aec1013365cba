import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { findPorts } from '../adapters/serial/ports.js'
import { fromB64u } from '../core/bytes.js'
import { parseAddress } from '../core/device/address.js'
import { isRegistrableCell } from '../core/device/cell.js'
import { Failure, messageOf } from '../core/failure.js'
import { provisionListMs, provisionPlugMs, serialScanMs } from '../core/limits.js'
import type { DeviceView } from '../ports/operations.js'
import { connectGateway, type GatewayClient } from './client.js'
import { addCommonOptions, type CommonOptions } from './options.js'
import { note, paint, print, printJson } from './output.js'
import { openCable } from './provision/boardCable.js'
import {
  type ProvisionedBoard,
  type Provisions,
  provisionBoard,
} from './provision/provisionBoard.js'

interface ProvisionOptions extends CommonOptions {
  owner: string
  cell: string
  placement?: 'outdoor' | 'indoor'
  port?: string
  ssid?: string
  passwordFile?: string
  broker?: string
  yes?: boolean
  json?: boolean
}

/** `fieldproof provision`: a new board gets its key, its place, its Wi-Fi, and is approved. */
export function provisionCommand(): Command {
  const command = new Command('provision')
    .requiredOption('--owner <address>', 'account that earns: 0x and 40 hex digits')
    .requiredOption('--cell <h3>', 'H3 cell of resolution 7 or coarser, never a coordinate')
    .addOption(new Option('--placement <where>', 'where it stands').choices(['outdoor', 'indoor']))
    .option('--port <path>', 'serial port of the board (default: the first that is found)')
    .option('--ssid <name>', 'Wi-Fi that the board shall use')
    .option('--password-file <file>', 'file with the Wi-Fi’s password; - for standard input')
    .option('--broker <url>', 'broker that it shall use: mqtt://host:port or mqtts://host:port')
    .option('-y, --yes', 'do not ask whether the board shows the same code')
    .option('--json', 'print the device as JSON')
    .addHelpText(
      'after',
      `
The gateway must run, with enrolment.open. The board must have the library's firmware and no key yet.

Examples:
  fieldproof provision --owner 0x52908400098527886E0F7030069857D2E4169EE7 --cell 87195da49ffffff
  fieldproof provision --owner 0x5290.. --cell 8719.. --ssid home --password-file wifi.txt \\
    --broker mqtts://gateway.lan:8883`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: ProvisionOptions): Promise<void> {
  if (options.yes !== true && process.stdin.isTTY !== true)
    throw new Failure('usage', 'nobody is there to compare codes: say so with --yes')
  const gateway = await connectGateway(options)
  const provisions = await provisionsOf(gateway, options)
  const path = options.port ?? (await findBoard())
  note(`talking to the board on ${path}`)
  const cable = await openCable(path)
  let board: ProvisionedBoard
  try {
    board = await provisionBoard(cable, provisions, (length) => randomBytes(length))
  } finally {
    await cable.close()
  }
  if (options.yes !== true) await confirm(board)
  await untilListed(gateway, board.device)
  const placement = options.placement === undefined ? {} : { placement: options.placement }
  const approval = { owner: provisions.owner, cell: provisions.cell, ...placement }
  const device = await gateway.post<DeviceView>(`/api/devices/${board.device}/approve`, approval)
  if (options.json) printJson({ ...device, code: board.code })
  else print(`${paint('green', 'ok')}  ${device.device} (${board.model}) is ${device.state}`)
}

/** What the board is told; checked before the board hears anything. */
async function provisionsOf(
  gateway: GatewayClient,
  options: ProvisionOptions,
): Promise<Provisions> {
  const owner = parseAddress(options.owner)
  if (owner === undefined) throw new Failure('usage', '--owner is not an address')
  if (!isRegistrableCell(options.cell))
    throw new Failure('usage', '--cell is not an H3 cell of resolution 7 or coarser')
  const settings = settingsOf(options)
  const { network, key } = await gateway.get<{ network: string; key: string }>('/gateway.json')
  const gatewayKey = fromB64u(key)
  if (gatewayKey?.length !== 32) throw new Failure('check', 'the gateway does not name its key')
  return { network, gatewayKey, owner, cell: options.cell, settings }
}

/** Bytes that a board takes of each setting. */
const settingBytesMax = { ssid: 32, password: 64, broker: 128 } as const

function settingsOf({ ssid, passwordFile, broker }: ProvisionOptions): [string, string][] {
  if (broker !== undefined && !/^mqtts?:\/\/[^/\s]+$/.test(broker))
    throw new Failure('usage', '--broker is not mqtt://host:port or mqtts://host:port')
  const password = passwordFile === undefined ? undefined : passwordIn(passwordFile)
  const all = Object.entries({ ssid, password, broker })
  const given = all.filter((row): row is [keyof typeof settingBytesMax, string] => !!row[1])
  for (const [name, value] of given)
    if (Buffer.byteLength(value) > settingBytesMax[name])
      throw new Failure('usage', `the ${name} is longer than ${settingBytesMax[name]} bytes`)
  return given
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Failure('usage', `cannot read the password: ${messageOf(error)}`)
  }
}

/** The first port that a board may be behind, awaited for a minute. */
async function findBoard(): Promise<string> {
  const end = performance.now() + provisionPlugMs
  let isAsked = false
  for (;;) {
    const [path, ...others] = await findPorts()
    if (others.length > 0)
      throw new Failure(
        'usage',
        `several ports: name one with --port (${[path, ...others].join(', ')})`,
      )
    if (path !== undefined) return path
    if (performance.now() > end) throw new Failure('unavailable', 'no board was plugged in')
    if (!isAsked) note('plug the board in')
    isAsked = true
    await delay(serialScanMs / 3)
  }
}

async function confirm({ device, model, code }: ProvisionedBoard): Promise<void> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(
      `${model} ${device} shows the code ${code} in its log. Is it the board in your hand? [y/N] `,
    )
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('usage', `${device} is not approved`)
  } finally {
    prompt.close()
  }
}

/** The gateway opens the port again, and has the board enrol. */
async function untilListed(gateway: GatewayClient, device: string): Promise<void> {
  const end = performance.now() + provisionListMs
  for (;;) {
    const devices = await gateway.get<DeviceView[]>('/api/devices')
    if (devices.some((one) => one.device === device)) return
    if (performance.now() > end)
      throw new Failure(
        'unavailable',
        `${device} has its key, but the gateway does not list it: is enrolment.open true, and the port among serial.ports?`,
      )
    await delay(250)
  }
}
