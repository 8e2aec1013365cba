/** What a device, or who has its key, can try over the wire. */
import { ageSecMax } from '../../gateway/core/limits.js'
import { ruleset } from '../../gateway/core/rewards/ruleset.js'
import type { Attack, Seen } from './attack.js'
import { temperature } from './rig.js'

/** Sequences from the highest accepted one to the end of the window (PROTOCOL 2.2). */
const windowSeqs = 64

/** Verdicts as they came against those that must come. */
function verdicts(came: readonly string[], wanted: readonly string[]): Seen {
  return {
    held: came.join() === wanted.join(),
    detail: `${came.join(', ')} (must be ${wanted.join(', ')})`,
  }
}

export const deviceAttacks = {
  replay: {
    what: 'an old sequence with new content, and the same bytes again to be paid twice',
    ending: 'refused',
    by: 'replayed',
    on: 'wire',
    async run(rig) {
      const device = await rig.device('replay', 'replay', rig.cell('replay'))
      const now = rig.nowSec()
      const first = device.seal(1, [temperature(now, 200)])
      const came = [
        await device.sendBytes(1, first),
        await device.send(2 + windowSeqs, [temperature(now, 201)]),
        await device.send(1, [temperature(now, 400)]),
        await device.sendBytes(1, first),
      ]
      return (rows) => {
        const seen = verdicts(came, ['accepted', 'accepted', 'replayed', 'accepted'])
        const counted = rows.get(device.id)?.accepted
        return {
          held: seen.held && counted === 2,
          detail: `${seen.detail}; ${counted} readings counted of 4 messages`,
        }
      }
    },
  },
  clone: {
    what: 'two live copies of one key, each with a reading of its own under the same sequence',
    ending: 'evidence',
    by: 'equivocation',
    on: 'wire',
    async run(rig) {
      const cell = rig.cell('clone')
      const device = await rig.device('clone', 'clone', cell)
      const now = rig.nowSec()
      const came = [await device.send(1, [temperature(now, 200)])]
      const copy = await rig.clone('clone', cell)
      came.push(await copy.send(1, [temperature(now, 300)]))
      came.push(await copy.send(2, [temperature(now + 1, 300)]))
      return (rows) => {
        const seen = verdicts(came, ['accepted', 'equivocation', 'accepted'])
        const count = rows.get(device.id)?.reasons.equivocation
        return {
          held: seen.held && count === 1,
          detail: `${seen.detail}; both messages are signed by one key, evidence.jsonl keeps the second`,
        }
      }
    },
  },
  backdate: {
    what: 'readings of an hour ago and of more than a week ago, to fill slots that were missed',
    ending: 'refused',
    by: 'late, bad-time',
    on: 'wire',
    async run(rig) {
      const device = await rig.device('backdate', 'backdate', rig.cell('backdate'))
      const now = rig.nowSec()
      const came = [
        await device.send(1, [temperature(now - ruleset.lateS - 5, 200)]),
        await device.send(2, [temperature(now - ageSecMax - 60, 200)]),
      ]
      return (rows) => {
        const seen = verdicts(came, ['accepted', 'bad-time'])
        const row = rows.get(device.id)
        return {
          held: seen.held && row?.late === 1 && row.accepted === 0 && row.weight === 0,
          detail: `${seen.detail}; logged, late ${row?.late}, counted ${row?.accepted}, weight ${row?.weight}`,
        }
      }
    },
  },
  flatline: {
    what: 'a sensor that is not there: the same value again and again',
    ending: 'flagged',
    by: 'flat',
    on: 'wire',
    async run(rig) {
      const device = await rig.device('flatline', 'flatline', rig.cell('flatline'))
      const now = rig.nowSec()
      for (let seq = 1; seq <= 20; seq++) await device.send(seq, [temperature(now - 20 + seq, 215)])
      return (rows) => {
        const row = rows.get(device.id)
        return {
          held: row?.reasons.flat === 8 && row.qualityBp === 6_000,
          detail: `20 equal values: ${row?.reasons.flat} flagged flat, quality ${row?.qualityBp} bp`,
        }
      }
    },
  },
} satisfies Record<string, Attack>
