import { createInterface } from 'node:readline/promises'
import { Command, Option } from 'commander'
import { Failure } from '../core/failure.js'
import type { Approval, DeviceView } from '../ports/operations.js'
import { connectGateway } from './client.js'
import {
  addConsentOptions,
  type ConsentOptions,
  consentChangeOf,
  soldText,
} from './consentOptions.js'
import { exportArduinoCommand } from './exportArduino.js'
import { addCommonOptions, type CommonOptions, deviceArgument, wholeArgument } from './options.js'
import { ago, paint, print, printJson, printTable } from './output.js'

interface ReadOptions extends CommonOptions {
  json?: boolean
}

interface ApproveOptions extends ReadOptions, ConsentOptions {
  owner: string
  cell: string
  placement?: 'outdoor' | 'indoor'
  interval?: number
  simulated?: boolean
}

/** `fieldproof devices ..`: who may send, and who wants to. */
export function devicesCommand(): Command {
  const command = new Command('devices').addHelpText(
    'after',
    `
Examples:
  fieldproof devices pending
  fieldproof devices approve nbuo57lhddeib --owner 0x52908400098527886E0F7030069857D2E4169EE7 --cell 871fb4662ffffff
  fieldproof devices list --json`,
  )
  command.addCommand(listCommand('list', 'list every device', () => true))
  command.addCommand(
    listCommand('pending', 'list devices that wait for approval', (d) => d.state === 'pending'),
  )
  command.addCommand(approveCommand())
  command.addCommand(consentCommand())
  command.addCommand(
    changeCommand('suspend', 'refuse a device’s messages until it is resumed', 'suspended'),
  )
  command.addCommand(changeCommand('resume', 'accept a suspended device again', 'active'))
  command.addCommand(
    changeCommand('revoke', 'refuse a device and its keys for ever', 'revoked').option(
      '-y, --yes',
      'do not ask',
    ),
  )
  command.addCommand(exportArduinoCommand())
  return command
}

function listCommand(
  name: string,
  description: string,
  wanted: (device: DeviceView) => boolean,
): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print the devices as JSON')
    .addHelpText('after', `\nExample:\n  fieldproof devices ${name} --json`)
  return addCommonOptions(command).action(async (options: ReadOptions) => {
    const gateway = await connectGateway(options)
    const devices = (await gateway.get<DeviceView[]>('/api/devices')).filter(wanted)
    if (options.json) return printJson(devices)
    if (devices.length === 0) print(name === 'pending' ? 'no device waits' : 'no devices yet')
    else
      printTable(
        head,
        devices.map((device) => row(device, Date.now())),
      )
  })
}

const head = [
  'device',
  'state',
  'model',
  'firmware',
  'seen',
  'accepted',
  'refused',
  'newest seq',
  'sold',
  'latest',
]

function row(device: DeviceView, nowMs: number): string[] {
  const refused = Object.values(device.refused).reduce((sum, count) => sum + count, 0)
  const latest = device.latest.map(({ metric, value, unit }) => `${metric} ${value} ${unit}`)
  const seen = device.online ? 'online' : ago(device.lastAtMs, nowMs)
  return [
    device.device,
    device.simulated ? `${device.state} (simulated)` : device.state,
    device.model,
    device.firmware,
    seen,
    String(device.accepted),
    String(refused),
    device.highestSeq === undefined ? '' : String(device.highestSeq),
    soldText(device),
    latest.join(', '),
  ]
}

function approveCommand(): Command {
  const command = new Command('approve')
    .description('accept a pending device: whose it is and where it stands')
    .argument('<deviceId>', 'device id, as "devices pending" shows it', deviceArgument)
    .requiredOption('--owner <address>', 'account that earns: 0x and 40 hex digits')
    .requiredOption('--cell <h3>', 'H3 cell of resolution 7 or coarser, never a coordinate')
    .addOption(new Option('--placement <where>', 'where it stands').choices(['outdoor', 'indoor']))
    .option('--interval <seconds>', 'seconds between readings', wholeArgument)
    .option('--simulated', 'mark it as simulated: it earns test tokens only')
    .option('--json', 'print the device as JSON')
    .addHelpText(
      'after',
      `
Example:
  fieldproof devices approve nbuo57lhddeib --owner 0x52908400098527886E0F7030069857D2E4169EE7 \\
    --cell 87195da49ffffff --interval 60 --sell temperature,humidity --sell-resolution 6`,
    )
  return addCommonOptions(addConsentOptions(command)).action(
    async (device: string, options: ApproveOptions) => {
      const gateway = await connectGateway(options)
      const approved = await gateway.post<DeviceView>(
        `/api/devices/${device}/approve`,
        approvalOf(options),
      )
      tell(approved, options)
    },
  )
}

function approvalOf(options: ApproveOptions): Approval {
  return {
    owner: options.owner,
    cell: options.cell,
    ...(options.placement !== undefined && { placement: options.placement }),
    ...(options.interval !== undefined && { intervalSec: options.interval }),
    ...(options.simulated !== undefined && { simulated: options.simulated }),
    ...consentChangeOf(options),
  }
}

function consentCommand(): Command {
  const command = new Command('consent')
    .description('change what of a device may be sold, from the next day (UTC) on')
    .argument('<deviceId>', 'device id, as "devices list" shows it', deviceArgument)
    .option('--json', 'print the device as JSON')
    .addHelpText(
      'after',
      `
What was sold stays sold. An owner who signs names "admission" of "devices list --json" as nonce.

Examples:
  fieldproof devices consent nbuo57lhddeib --sell none
  fieldproof devices consent nbuo57lhddeib --sell temperature,pm25 --sell-resolution 5`,
    )
  return addCommonOptions(addConsentOptions(command)).action(
    async (device: string, options: ReadOptions & ConsentOptions) => {
      if (options.sell === undefined && options.sellResolution === undefined)
        throw new Failure('usage', 'say what may be sold: --sell, --sell-resolution, or both')
      const gateway = await connectGateway(options)
      const path = `/api/devices/${device}/consent`
      const changed = await gateway.post<DeviceView>(path, consentChangeOf(options))
      if (options.json) printJson(changed)
      else print(`${paint('green', 'ok')}  of ${device} is sold: ${soldText(changed)}`)
    },
  )
}

function changeCommand(
  name: string,
  description: string,
  state: 'active' | 'suspended' | 'revoked',
): Command {
  const command = new Command(name)
    .description(description)
    .argument('<deviceId>', 'device id, as "devices list" shows it', deviceArgument)
    .option('--json', 'print the device as JSON')
    .addHelpText('after', `\nExample:\n  fieldproof devices ${name} nbuo57lhddeib`)
  return addCommonOptions(command).action(
    async (device: string, options: ReadOptions & { yes?: boolean }) => {
      const gateway = await connectGateway(options)
      if (state === 'revoked' && options.yes !== true) await confirmRevocation(device)
      tell(await gateway.post<DeviceView>(`/api/devices/${device}/state`, { state }), options)
    },
  )
}

/** Revocation cannot be taken back, so it is asked for twice. */
async function confirmRevocation(device: string): Promise<void> {
  if (process.stdin.isTTY !== true)
    throw new Failure('usage', 'revocation is for ever: say so with --yes')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`Revoke ${device} for ever? Type its id: `)
    if (answer.trim() !== device) throw new Failure('usage', 'not revoked')
  } finally {
    prompt.close()
  }
}

function tell(device: DeviceView, options: ReadOptions): void {
  if (options.json) printJson(device)
  else print(`${paint('green', 'ok')}  ${device.device} is ${device.state}`)
}
