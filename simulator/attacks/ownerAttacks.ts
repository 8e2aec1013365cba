/** What an owner with many devices or names can try. */
import type { Attack } from './attack.js'
import type { Rig, RigDevice } from './rig.js'
import { temperature } from './rig.js'

/** Readings that make a device's one slot of a short epoch valid, and more. */
const readings = 6

/** A device that is up, with values around a temperature that its neighbours share. */
async function report(rig: Rig, device: RigDevice, tenths: number): Promise<void> {
  const now = rig.nowSec()
  for (let seq = 1; seq <= readings; seq++)
    await device.send(seq, [temperature(now - readings + seq, tenths + (seq % 3))])
}

async function group(rig: Rig, name: string, count: number): Promise<RigDevice[]> {
  const cell = rig.cell(name)
  const devices: RigDevice[] = []
  for (let i = 0; i < count; i++)
    devices.push(await rig.device(`${name} ${i}`, `${name} ${i}`, cell))
  await Promise.all(devices.map((device, i) => report(rig, device, 200 + i)))
  return devices
}

const sybils = 20
/** Owners up to which a cell earns more with each (PROTOCOL 6.5). */
const owners = 10

export const ownerAttacks = {
  sybils: {
    what: `${sybils} accounts with a device each in one cell`,
    ending: 'worthless',
    by: 'density',
    on: 'wire',
    async run(rig) {
      const honest = await group(rig, 'honest', 1)
      const many = await group(rig, 'sybils', sybils)
      return (rows) => {
        const single = rows.get(honest[0]!.id)?.weight ?? 0
        const sum = many.reduce((total, { id }) => total + (rows.get(id)?.weight ?? 0), 0)
        return {
          held: single > 0 && sum > 0 && sum <= owners * single,
          detail: `one device weighs ${single}, ${sybils} of one place together ${sum}: not more than ${owners}`,
        }
      }
    },
  },
  'one-owner': {
    what: 'ten devices of one account in one cell, all with the same metric',
    ending: 'worthless',
    by: 'm',
    on: 'wire',
    async run(rig) {
      const cell = rig.cell('one-owner')
      const devices: RigDevice[] = []
      for (let i = 0; i < 10; i++)
        devices.push(await rig.device(`one-owner ${i}`, 'one-owner', cell))
      await Promise.all(devices.map((device) => report(rig, device, 200)))
      return (rows) => {
        const paid = devices.filter(({ id }) => (rows.get(id)?.weight ?? 0) > 0)
        return { held: paid.length === 1, detail: `${paid.length} of 10 devices weighs anything` }
      }
    },
  },
  neighbours: {
    what: 'one device far from what six neighbours of other owners measure',
    ending: 'flagged',
    by: 'near',
    on: 'wire',
    async run(rig) {
      const honest = await group(rig, 'neighbours', 6)
      const liar = await rig.device('liar', 'liar', rig.cell('neighbours'))
      await report(rig, liar, 400)
      return (rows) => {
        const row = rows.get(liar.id)
        const flagged = honest.filter(({ id }) => rows.get(id)?.reasons.near !== undefined)
        return {
          held: row?.reasons.near === readings && row.qualityBp === 0 && flagged.length === 0,
          detail: `${row?.reasons.near} of ${readings} values flagged near, quality ${row?.qualityBp} bp; no neighbour flagged`,
        }
      }
    },
  },
} satisfies Record<string, Attack>
