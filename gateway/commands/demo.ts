import { Command } from 'commander'
import type { Gateway } from '../compose.js'
import type { Approval } from '../ports/operations.js'
import { livePrinter } from './live.js'
import { addCommonOptions, type CommonOptions, configOf, wholeArgument } from './options.js'
import { paint, print, printPairs } from './output.js'
import { whereabouts } from './start.js'

interface DemoOptions extends CommonOptions {
  devices: number
  period: number
  board?: boolean
}

/** `fieldproof demo`: a gateway, a simulated fleet, the dashboard. */
export function demoCommand(): Command {
  const command = new Command('demo')
    .option('--devices <count>', 'simulated devices', wholeArgument, 12)
    .option('--period <seconds>', 'seconds between the readings of each', wholeArgument, 4)
    .option('--board', 'beside them an emulated RP2040 that runs the real firmware')
    .addHelpText(
      'after',
      `
Examples:
  fieldproof demo
  fieldproof demo --devices 100 --period 10
  fieldproof demo --board

Nothing leaves this machine. Two of the devices misbehave now and then, so that you see refusals.
--board compiles devices/ for a Cortex-M0+ and runs it; it needs Debian's gcc-arm-none-eabi.`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: DemoOptions): Promise<void> {
  const config = await configOf(options, {
    'enrolment.open': true,
    'log.checkpointInterval': 'PT1S',
    'epoch.length': 'PT2M',
    // Rows within two minutes; a real gateway takes longer windows and more owners.
    'privacy.window': 'PT1M',
    'privacy.k': 3,
    'devices.interval': Math.max(1, options.period),
  })
  // The demo approves its own simulated devices only: a board that joins waits for its operator.
  const approvals = new Map<string, Approval>()
  const board = options.board
    ? await (await import('./demoBoard.js')).prepareBoard(config.dataDir)
    : undefined
  const { runGateway } = await import('./runGateway.js')
  await runGateway(config, {
    portSearch: true,
    ...(board && { serialDrivers: new Map([['emulated:rp2040', board.port]]) }),
    autoApprove: (device) => approvals.get(device),
    started(gateway) {
      announce(gateway, options)
      const printer = livePrinter(print)
      const unwatch = gateway.operations.watch(printer.listener)
      const fleets = startFleets(gateway, config.network, options, approvals)
      const boardStop = fleets.then(({ boardApproval }) =>
        board?.start((device) => approvals.set(device, boardApproval)),
      )
      return async () => {
        unwatch()
        printer.stop()
        await (await boardStop)?.()
        await (await fleets).stop()
      }
    },
  })
}

function announce(gateway: Gateway, { devices, period }: DemoOptions): void {
  print(paint('green', 'FieldProof demo'))
  printPairs([
    ...whereabouts(gateway),
    ['fleet', `${devices} simulated devices, each with a reading every ${period} s`],
  ])
  print('Ctrl-C ends it.\n')
}

/** Most devices are honest; two send faults now and then. */
async function startFleets(
  gateway: Gateway,
  network: string,
  { devices, period }: DemoOptions,
  approvals: Map<string, Approval>,
): Promise<{ boardApproval: Approval; stop(): Promise<void> }> {
  const { ownerOf, startFleet } = await import('../../simulator/fleet.js')
  const common = {
    network,
    mqttUrl: `mqtt://${gateway.mqtt.host}:${gateway.mqtt.port}`,
    rate: 1 / Math.max(1, period),
    // Ten times faster than the portable one: the first reading is there sooner.
    signer: 'node' as const,
    place: gateway.operatorToken,
    // A few cells for the map: each kind of device in each, so enough owners for rows of temperature.
    devicesPerCell: 6,
  }
  // The operator's token is the seed: the same devices at the next start, and nobody else knows
  // their keys.
  const seed = gateway.operatorToken
  const faulty = Math.min(2, Math.max(0, devices - 1))
  const fleets = [
    startFleet({ ...common, seed, devices: devices - faulty }),
    startFleet({
      ...common,
      seed: `${seed} faulty`,
      devices: faulty,
      faults: ['bad-signature', 'replay', 'out-of-range'],
      faultRate: 0.1,
    }),
  ]
  for (const fleet of fleets) {
    for (const { id, approval } of fleet.devices) approvals.set(id, approval)
    fleet.finished.catch((error: unknown) => print(`simulator: ${String(error)}`))
  }
  return {
    // Among the fleet, or where nobody lives.
    boardApproval: {
      owner: ownerOf(`${seed} board`),
      cell: fleets[0]?.devices[0]?.approval.cell ?? '871fb4662ffffff',
      intervalSec: Math.max(1, period),
      simulated: true,
    },
    stop: async () => {
      await Promise.all(fleets.map((fleet) => fleet.stop(0)))
    },
  }
}
