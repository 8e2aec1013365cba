/**
 * A recorded day through a real gateway that believes it is that day: replayed before midnight,
 * released after it at k = 3, 5 and 10, bought, and compared with what the file says. Every 16th row
 * of each sensor is enough for that; RELEASE_ROWS=all takes them all.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { connectBuyer } from '../support/buyerClient.js'
import { fieldproof } from '../support/cli.js'
import { startGateway, temporaryFolder } from '../support/gateway.js'
import { independentRows } from '../support/independentDay.js'
import { findDay, type RecordedDay, readDay } from '../support/recordedDay.js'
import { shiftedBy } from '../support/shiftedClock.js'

const daySec = 86_400
const nth = process.env.RELEASE_ROWS === 'all' ? 1 : 16
const whole = findDay(temporaryFolder())
const from = Math.floor(whole.last / daySec) * daySec
const dataDir = temporaryFolder()
const env = {
  FIELDPROOF_NETWORK: 'testnet',
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_PRIVACY__WINDOW: 'P1D',
}

/** Environment of a process that believes it starts at this Unix second. */
function startingAt(sec: number): Record<string, string> {
  return shiftedBy(sec * 1_000 - Date.now())
}

/** Every nth row of each sensor, in a file of the same shape. */
function thinned(): RecordedDay {
  const file = readFileSync(whole.path)
  const text = (whole.path.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '')
  const sensor = header.split(',').indexOf('sensor_id')
  const counts = new Map<string, number>()
  const kept = lines.filter((line) => {
    const name = line.split(',')[sensor]!
    counts.set(name, (counts.get(name) ?? 0) + 1)
    return counts.get(name)! % nth === 1 % nth
  })
  const path = join(temporaryFolder(), 'day.csv')
  writeFileSync(path, [header, ...kept, ''].join('\n'))
  return readDay(path, whole.title)
}

const day = thinned()

describe(`a day (${whole.title}, of which ${day.rows}) released by a gateway`, () => {
  beforeAll(async () => {
    // Nothing of the day is further ahead than a reading may be.
    const clock = startingAt(from + daySec - 119)
    const gateway = await startGateway({ dataDir, env: { ...env, ...clock } })
    const args = ['simulate', '--replay', day.path, '--shift', 'none', '--speed', 'max', '--json']
    const run = await fieldproof(
      [...args, '--seed', 'released', '--signer', 'node', '--data-dir', dataDir],
      { cwd: dataDir, env: clock },
    )
    expect(run.code, `${run.err}\n${gateway.output()}`).toBe(0)
    expect(JSON.parse(run.out).report).toMatchObject({ refused: {}, skipped: 0, waiting: 0 })
    expect(await gateway.stop()).toBe(0)
  }, 300_000)

  it.each([3, 5, 10])(
    'has the means, medians and counts of the file: k %i',
    async (k) => {
      const folder = temporaryFolder()
      cpSync(dataDir, folder, { recursive: true })
      const gateway = await startGateway({
        dataDir: folder,
        env: {
          ...env,
          ...startingAt(from + daySec + 1_000),
          FIELDPROOF_PRIVACY__K: String(k),
        },
      })
      try {
        const buyer = await connectBuyer(gateway)
        const catalog = (await buyer.ask('catalog')).items as { metric: string; cells: string[] }[]
        let compared = 0
        for (const metric of ['temperature', 'humidity', 'pressure', 'pm25', 'pm10']) {
          const cells = catalog.find((one) => one.metric === metric)?.cells ?? []
          const wanted = independentRows(day, metric, k, daySec)
          expect([metric, [...cells].sort()]).toEqual([
            metric,
            wanted.map(({ cell }) => cell).sort(),
          ])
          if (cells.length === 0) continue
          const span = { from: instant(from), to: instant(from + daySec), step: 'P1D' }
          const answer = await buyer.ask('query', { q: { metric, cells, ...span } })
          const bought = answer.items as { cell: string; mean: number; median: number; n: number }[]
          expect(
            bought.map(({ cell, mean, median, n }) => [cell, `${mean}`, `${median}`, n]),
          ).toEqual(
            wanted
              .sort((a, b) => (a.cell < b.cell ? -1 : 1))
              .map(({ cell, mean, median, owners }) => [
                cell,
                mean,
                median,
                Math.max(k, owners - (owners % 5)),
              ]),
          )
          compared += bought.length
        }
        expect(compared).toBeGreaterThan(3)
        await buyer.close()
        expect(await gateway.stop()).toBe(0)
      } finally {
        await gateway.kill()
      }
    },
    120_000,
  )
})

function instant(sec: number): string {
  return new Date(sec * 1_000).toISOString().replace('.000', '')
}
