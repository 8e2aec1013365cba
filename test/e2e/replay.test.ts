/**
 * A whole day of real sensors, through real processes, into both kinds of store: what a store holds
 * afterwards is what the file says, read by another parser and past the gateway's own adapters.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceView, StatusView } from '../../gateway/ports/operations.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { differences, findDay, type Series, sums } from '../support/recordedDay.js'
import { apiSeries, influxQuery, influxSeries } from '../support/storedSeries.js'
import { tracesOf } from '../support/traces.js'

/** A day takes 15 s on an idle machine of two cores. */
const replayMsMax = 300_000
const day = findDay(temporaryFolder())
const messages = [...day.messages.values()].reduce((sum, count) => sum + count, 0)
const env = { FIELDPROOF_NETWORK: 'testnet', FIELDPROOF_ENROLMENT__OPEN: 'true' }

/** What `fieldproof simulate --replay --json` prints, as far as it is asked here. */
interface Replayed {
  report: { made: number; acknowledged: number; refused: object; waiting: number; skipped: number }
  audit: { messages: number; points: number; differenceCount: number; differences: unknown[] }
  replay: {
    last: number
    shiftSec: number
    rows: number
    values: number
    skipped: Record<string, number>
    devices: { device: string; sensor: string }[]
  }
}

async function replayInto(gateway: RunningGateway): Promise<Replayed> {
  const run = await fieldproof(
    ['simulate', '--replay', day.path, '--speed', 'max', '--signer', 'node', '--json'].concat([
      '--seed',
      'a whole day',
      '--data-dir',
      gateway.dataDir,
    ]),
    { cwd: gateway.dataDir },
  )
  expect(run.code, `${run.err}\n${gateway.output()}`).toBe(0)
  return JSON.parse(run.out)
}

function status(gateway: RunningGateway): Promise<StatusView> {
  return gateway.api<StatusView>('/api/status')
}

/** What the store must hold: the values of the file, by device, with the times that were sent. */
function expectedOf({ replay: { devices, shiftSec } }: Replayed): Series {
  const deviceOf = new Map(devices.map(({ sensor, device }) => [sensor, device]))
  const expected: Series = new Map()
  for (const [name, values] of day.series) {
    const [sensor = '', metric] = name.split(' ')
    const shifted = [...values].map(([second, value]) => [second + shiftSec, value] as const)
    expected.set(`${deviceOf.get(sensor)} ${metric}`, new Map(shifted))
  }
  return expected
}

/** What holds of every replay, whatever the store: nothing of the file was lost before the log. */
async function expectAllAccepted(gateway: RunningGateway, replayed: Replayed): Promise<void> {
  const { report, audit, replay } = replayed
  expect(audit).toMatchObject({ differences: [], differenceCount: 0, messages })
  expect(report).toMatchObject({ made: messages, acknowledged: messages, refused: {}, waiting: 0 })
  expect(report.skipped).toBe(0)
  expect(replay).toMatchObject({ rows: day.rows, values: day.values, last: day.last })
  const { outOfRange, notANumber, emptyRows } = day.leftOut
  const leftOut = { 'out-of-range': outOfRange, 'not-a-number': notANumber, 'no-value': emptyRows }
  const counted = Object.entries(leftOut).filter(([, count]) => count > 0)
  expect(replay.skipped).toEqual(Object.fromEntries(counted))
  const views = await gateway.api<DeviceView[]>('/api/devices')
  const accepted = replay.devices.map(({ device, sensor }): [string, number | undefined] => [
    sensor,
    views.find((view) => view.device === device)?.accepted,
  ])
  expect(new Map(accepted)).toEqual(day.messages)
  expect(views).toHaveLength(day.messages.size)
  const { counters, log, store, degraded } = await status(gateway)
  expect(counters).toMatchObject({ accepted: messages, refused: {} })
  // Each device has an enrolment and an admission in the log besides its readings.
  expect(log.size).toBe(messages + 2 * views.length)
  expect(store).toMatchObject({ lagRecords: 0, dead: 0 })
  expect(degraded).toEqual([])
}

/** No coordinate that is told from a value by its third decimal is anywhere in the data directory. */
async function expectNoCoordinate(gateway: RunningGateway): Promise<void> {
  expect(await gateway.stop()).toBe(0)
  const fine = [...day.coordinates].filter((text) => /\.\d\d\d*[1-9]0*$/.test(text))
  expect(fine.length).toBeGreaterThan(0)
  expect(await tracesOf(fine, gateway.dataDir)).toEqual([])
}

describe(`a whole day (${day.title}) into InfluxDB, which is killed and started meanwhile`, () => {
  let influxd: Influxd
  let gateway: RunningGateway
  let replayed: Replayed
  let found: Series

  beforeAll(async () => {
    influxd = await startInfluxd()
    const store = { FIELDPROOF_STORE__KIND: 'influxdb', FIELDPROOF_STORE__URL: influxd.url }
    gateway = await startGateway({ env: { ...env, ...store } })
    const began = Math.floor(Date.now() / 1000)
    const replaying = replayInto(gateway)
    await Promise.all([replaying, interrupt()])
    replayed = await replaying
    const newest = replayed.replay.last + replayed.replay.shiftSec
    expect(newest).toBeGreaterThanOrEqual(began)
    expect(newest).toBeLessThanOrEqual(Date.now() / 1000)
    found = await influxSeries(influxd.url)
  }, replayMsMax)

  afterAll(async () => {
    await gateway?.kill()
    await influxd?.stop('SIGKILL')
  })

  /** Takes the database away in the middle, until the gateway has gone on well without it. */
  async function interrupt(): Promise<void> {
    const statusOnce = (what: string, holds: (now: StatusView) => boolean): Promise<StatusView> =>
      until(
        what,
        async () => {
          const now = await status(gateway)
          return holds(now) && now
        },
        { deadlineMs: replayMsMax, everyMs: 50, detail: gateway.output },
      )
    const share = 0.2 * messages
    await statusOnce('a part of the day', ({ counters }) => counters.accepted >= 1.5 * share)
    await influxd.stop('SIGKILL')
    const before = (await status(gateway)).counters.accepted
    expect(before).toBeLessThan(messages - share)
    // A message is counted on its way into the log, so the last of them may not be behind yet.
    const { degraded } = await statusOnce(
      'messages that only the log has',
      ({ counters, store }) => counters.accepted >= before + share && store.lagRecords >= share,
    )
    expect(degraded.join()).toContain('store: InfluxDB at')
    await influxd.start()
  }

  it('is accepted row by row', () => expectAllAccepted(gateway, replayed))

  it('is there once, value by value', () => {
    expect(differences(expectedOf(replayed), found)).toEqual([])
  })

  it('has the same counts and sums', async () => {
    expect(sums(found)).toEqual(sums(day.series))
    const counts = await influxQuery(influxd.url, 'SELECT count("value") FROM "raw"./.*/')
    const counted = counts.map(({ name, values }) => [name, values[0]?.[1]])
    const wanted = Object.entries(sums(day.series)).map(([metric, { count }]) => [metric, count])
    expect(new Map(counted as [])).toEqual(new Map(wanted as []))
  })

  it('is in no other retention policy', async () => {
    const policies = await influxQuery(influxd.url, 'SHOW RETENTION POLICIES ON "fieldproof"')
    const names = policies.flatMap(({ values }) => values.map(([name]) => name))
    expect(names).toEqual(expect.arrayContaining(['raw', 'released']))
    const others = names.filter((name) => name !== 'raw' && name !== 'released')
    for (const points of [
      ...others.map((name) => `* FROM "${name}"./.*/`),
      // A slot may end meanwhile: its rows name no device and have no value.
      '"value" FROM "released"./.*/',
      `* FROM "released"./.*/ WHERE "device" != ''`,
    ])
      expect(await influxQuery(influxd.url, `SELECT ${points}`)).toEqual([])
  })

  it('leaves no coordinate behind', () => expectNoCoordinate(gateway))
})

describe(`a whole day (${day.title}) into the embedded store`, () => {
  let gateway: RunningGateway
  let replayed: Replayed
  let found: Series

  beforeAll(async () => {
    gateway = await startGateway({ env })
    replayed = await replayInto(gateway)
    found = await apiSeries(
      gateway,
      replayed.replay.devices.map(({ device }) => device),
    )
  }, replayMsMax)

  afterAll(() => gateway?.kill())

  it('is accepted row by row', () => expectAllAccepted(gateway, replayed))

  it('is there once, value by value', () => {
    expect(differences(expectedOf(replayed), found)).toEqual([])
  })

  it('has the same counts and sums', () => {
    expect(sums(found)).toEqual(sums(day.series))
  })

  it('leaves no coordinate behind', () => expectNoCoordinate(gateway))
})
