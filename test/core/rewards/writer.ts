/** Settles an epoch of the auditor's kind with the code under test. */
import { parseAddress } from '../../../gateway/core/device/address.js'
import { type Settlement, settle } from '../../../gateway/core/rewards/settlement.js'
import {
  type DeviceEpoch,
  DeviceTally,
  type TalliedReading,
} from '../../../gateway/core/rewards/tally.js'
import { usageOf } from '../../../gateway/core/rewards/usage.js'
import type { Reason } from '../../../gateway/core/verdict.js'
import type { AuditDevice, AuditEpoch, AuditReading } from './auditor.js'

function tallied({ seq, leaf, atMs, values }: AuditReading): TalliedReading {
  const converted = values.map(({ metric, time, m, e }) => ({ metric, time, value: { m, e } }))
  return { seq, leaf, atMs, values: converted }
}

export function filled(device: AuditDevice, epoch: AuditEpoch): DeviceTally {
  const tally = new DeviceTally(device.interval, epoch)
  for (const reading of device.readings) tally.add(tallied(reading))
  for (const reading of device.history) tally.addHistory(tallied(reading))
  for (const [code, count] of Object.entries(device.refusals))
    tally.addRefusal(code as Reason, count)
  return tally
}

export function tallyOf(device: AuditDevice, epoch: AuditEpoch): DeviceEpoch {
  return filled(device, epoch).finish({
    device: device.device,
    owner: parseAddress(device.owner)!,
    cell: device.cell,
    placement: device.indoor ? 'indoor' : 'outdoor',
    intervalSec: device.interval,
    simulated: device.simulated,
  })
}

export function write(epoch: AuditEpoch): Settlement {
  return settle({
    n: epoch.n,
    span: epoch,
    devices: epoch.devices.map((device) => tallyOf(device, epoch)),
    usage: usageOf(epoch.sales, { perCredit: epoch.perCredit, feeBp: 0 }),
    perHour: epoch.perHour,
    carryIn: epoch.carryIn,
    paysSimulated: epoch.testToken,
  })
}
