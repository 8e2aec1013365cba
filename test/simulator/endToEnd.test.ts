import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { faultNames, faults } from '../../simulator/faults.js'
import { type FleetOptions, startFleet } from '../../simulator/fleet.js'
import { type OperatorApi, operatorApi } from '../../simulator/operator.js'
import { auditTable } from '../../simulator/oracle.js'
import { startReplay } from '../../simulator/replay.js'
import type { Run } from '../../simulator/run.js'
import {
  type GatewayOptions,
  type RunningGateway,
  startGateway,
  until,
} from '../support/gateway.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { nullModem } from '../support/socat.js'

const seed = `${Date.now()}`
console.log(`seed ${seed}`)
const folder = mkdtempSync(join(tmpdir(), 'fieldproof-sim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fleetOn(gateway: RunningGateway, changes: Partial<FleetOptions> = {}): Run {
  return startFleet({
    network: 'local',
    seed,
    devices: 4,
    rate: 10,
    values: 3,
    signer: 'node',
    durationSec: 2,
    mqttUrl: `mqtt://127.0.0.1:${gateway.mqttPort}`,
    operator: operatorApi(gateway.url, gateway.token),
    ...changes,
  })
}

/** What a test started, ended in the reverse order also where it fails. */
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function ownGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const gateway = await startGateway(options)
  closing.push(() => gateway.stop())
  return gateway
}

/** The audit of a run that ended, and that sent something. */
async function auditOf(run: Run) {
  await run.finished
  expect(run.report().acknowledged).toBeGreaterThan(0)
  const audit = await run.audit()
  expect(audit.differences, auditTable(audit)).toEqual([])
  expect(audit.stored).toBe(true)
  return audit
}

describe('over MQTT, with the gateway’s own broker', () => {
  let gateway: RunningGateway
  beforeAll(async () => {
    gateway = await startGateway({ env: { FIELDPROOF_ENROLMENT__OPEN: 'true' } })
  })
  afterAll(() => gateway.stop())

  it('a fleet enrols, is approved, and what it was promised is there', async () => {
    const ready: string[] = []
    const run = fleetOn(gateway, { onReady: (id) => ready.push(id) })
    const planned = run.devices.map(({ id }) => id)
    expect(new Set(planned).size).toBe(4)
    const audit = await auditOf(run)
    expect(ready.sort()).toEqual([...planned].sort())
    expect(audit.devices).toBe(4)
    expect(audit.unanswered).toBe(0)
    const devices =
      await gateway.api<{ device: string; simulated: boolean; cell: string }[]>('/api/devices')
    for (const { id, approval } of run.devices)
      expect(devices.find(({ device }) => device === id)).toMatchObject({
        simulated: true,
        cell: approval.cell,
      })
  })

  it('the same devices come again, and their first readings are not in the way', async () => {
    const run = fleetOn(gateway, { sequence: 'boot' })
    const audit = await auditOf(run)
    expect(audit.messages).toBe(run.report().acknowledged)
  })

  it('every fault gets the reason that it must get', async () => {
    const run = fleetOn(gateway, {
      seed: `${seed} faults`,
      faults: faultNames,
      faultRate: 0.8,
      rate: 30,
      durationSec: 4,
    })
    const audit = await auditOf(run)
    const seen = new Map(audit.faults.map((result) => [result.name, result]))
    for (const name of faultNames) {
      if (faults[name]!.kind === 'link') continue
      const result = seen.get(name)
      expect(result, `${name} never happened`).toBeDefined()
      expect(result!.right + result!.unanswered, name).toBe(result!.sent)
      expect(result!.right, name).toBeGreaterThan(0)
    }
    expect(run.report().blows).toBeGreaterThan(0)
    expect(run.report().resent).toBeGreaterThan(0)
  })

  it('a recorded day arrives digit by digit', async () => {
    const header =
      'timestamp_utc,station,sensor_id,sensor_type,lat,lon,pm10_ugm3,pm25_ugm3,temp_c,rh_pct,pressure_pa'
    const rows = Array.from({ length: 300 }, (_, i) => {
      const time = new Date(Date.UTC(2019, 4, 15) + i * 10_000).toISOString().slice(0, 19)
      const sensor = i % 3
      return sensor === 0
        ? `${time}Z,1,10,SDS011,57.2,-2.1,${(i / 7).toFixed(2)},${(i / 9).toFixed(2)},,,`
        : `${time}Z,1,1${sensor},BME280,57.2,-2.1,,,${(i / 13 - 9).toFixed(2)},99.90,${(98_000 + i / 3).toFixed(2)}`
    })
    const path = join(folder, 'day.csv')
    writeFileSync(path, [header, ...rows, 'rubbish,row'].join('\n'))
    const run = await startReplay({
      network: 'local',
      seed,
      file: path,
      speed: Number.POSITIVE_INFINITY,
      shift: 'now',
      signer: 'node',
      mqttUrl: `mqtt://127.0.0.1:${gateway.mqttPort}`,
      operator: operatorApi(gateway.url, gateway.token),
    })
    const audit = await auditOf(run)
    expect(audit).toMatchObject({ devices: 3, messages: 300, points: 800 })
    expect(run.counts.skipped).toEqual({ 'wrong-columns': 1 })
    // Once more against the text itself, not against what the simulator made of it.
    const device = run.devices[0]!.id
    const times = rows.filter((_, i) => i % 3 === 0).map((row) => row.split(','))
    const points = await gateway.api<{ time: number; value: number }[]>(
      `/api/devices/${device}/points?metric=pm25&from=0&to=9999999999&limit=1000`,
    )
    expect(points).toEqual(
      times.map(([time, , , , , , , pm25]) => ({
        time: Date.parse(time!) / 1_000 + run.shiftSec,
        value: Number(pm25),
      })),
    )
  })

  it('the oracle sees a lie', async () => {
    const honest = operatorApi(gateway.url, gateway.token)
    const lies: Record<string, Partial<OperatorApi>> = {
      'message missing': { messages: async (...at) => (await honest.messages(...at)).slice(1) },
      'leaf differs': {
        messages: async (...at) =>
          (await honest.messages(...at)).map(({ seq }) => ({ seq, leaf: '00'.repeat(32) })),
      },
      'message twice': {
        messages: async (...at) => {
          const rows = await honest.messages(...at)
          return [...rows, ...rows.slice(-1)]
        },
      },
      'point missing': { points: async (...at) => (await honest.points(...at)).slice(1) },
      'point differs': {
        points: async (...at) =>
          (await honest.points(...at)).map(({ time, value }) => ({ time, value: value + 1e-9 })),
      },
    }
    const operator = { ...honest }
    const run = fleetOn(gateway, { seed: `${seed} lie`, devices: 1, durationSec: 1, operator })
    await auditOf(run)
    for (const [kind, lie] of Object.entries(lies)) {
      Object.assign(operator, honest, lie)
      const audit = await run.audit()
      expect(audit.differenceCount, kind).toBeGreaterThan(0)
      expect(new Set(audit.differences.map((difference) => difference.kind))).toEqual(
        new Set([kind]),
      )
      expect(auditTable(audit)).toContain(kind)
    }
  })

  it('a fleet that is stopped says goodbye and can still be compared', async () => {
    const run = fleetOn(gateway, { seed: `${seed} stop`, durationSec: undefined })
    await until('some readings', () => run.report().acknowledged > 10)
    expect(run.progress()).toBeUndefined()
    await run.stop()
    await auditOf(run)
    expect(run.report().waiting).toBe(0)
  })
})

describe('where nobody approves', () => {
  it('says what the operator has to do, and waits', async () => {
    const gateway = await ownGateway({ env: { FIELDPROOF_ENROLMENT__OPEN: 'true' } })
    const notes: string[] = []
    const run = fleetOn(gateway, {
      devices: 2,
      durationSec: undefined,
      operator: undefined,
      onNote: (text) => notes.push(text),
    })
    await until('two candidates', () => run.report().pending === 2)
    for (const { id } of run.devices)
      expect(notes.some((note) => note.includes(`devices approve ${id}`))).toBe(true)
    const { id, approval } = run.devices[0]!
    expect(await operatorApi(gateway.url, gateway.token).approve(id, approval)).toBe(true)
    await until('readings of the approved one', () => run.report().acknowledged > 3)
    await run.stop()
    expect(run.report().refused).toEqual({})
  })

  it('says so where the gateway wants no unknown device', async () => {
    const gateway = await ownGateway()
    const notes: string[] = []
    const run = fleetOn(gateway, { devices: 1, onNote: (text) => notes.push(text) })
    await until('a note', () => notes.some((note) => note.includes('enrolment')))
    await run.stop(0)
    expect(run.report().made).toBe(0)
  })
})

describe('a gateway that is killed under load', () => {
  it('holds all that it acknowledged before and after', async () => {
    const env = { FIELDPROOF_ENROLMENT__OPEN: 'true' }
    const first = await ownGateway({ env })
    const run = fleetOn(first, { seed: `${seed} kill`, rate: 40, durationSec: undefined })
    await until('some readings', () => run.report().acknowledged > 100)
    await first.kill()
    await ownGateway({
      dataDir: first.dataDir,
      env: {
        ...env,
        FIELDPROOF_MQTT__PORT: `${first.mqttPort}`,
        FIELDPROOF_HTTP__PORT: new URL(first.url).port,
      },
    })
    const before = run.report().acknowledged
    await until('more readings', () => run.report().acknowledged > before + 100)
    await run.stop()
    await auditOf(run)
    expect(run.report().resent).toBeGreaterThan(0)
  })
})

describe('at an external broker', () => {
  let mosquitto: Mosquitto
  let gateway: RunningGateway
  beforeAll(async () => {
    mosquitto = await startMosquitto()
    gateway = await startGateway({
      env: {
        FIELDPROOF_ENROLMENT__OPEN: 'true',
        FIELDPROOF_MQTT__MODE: 'external',
        FIELDPROOF_MQTT__URL: mosquitto.url,
      },
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await mosquitto.stop()
  })

  it('only dn/ak acknowledges, and faults get their reasons there too', async () => {
    const run = fleetOn(gateway, {
      mqttUrl: mosquitto.url,
      acks: 'ak',
      faults: ['bad-signature', 'replay', 'equivocation', 'garbage', 'drop-connection'],
      faultRate: 0.3,
    })
    const audit = await auditOf(run)
    expect(audit.faults.length).toBeGreaterThan(2)
  })
})

describe('on serial lines', () => {
  it('boards enrol, ask for the time, and are acknowledged line by line', async () => {
    const modems = [await nullModem(), await nullModem()]
    for (const modem of modems) closing.push(() => modem.unplug())
    const gateway = await ownGateway({
      env: {
        FIELDPROOF_ENROLMENT__OPEN: 'true',
        FIELDPROOF_SERIAL__PORTS: JSON.stringify(modems.map(({ a }) => a)),
      },
    })
    const run = fleetOn(gateway, {
      devices: 2,
      serialPaths: modems.map(({ b }) => b),
      mqttUrl: undefined,
      rate: 8,
      durationSec: 3,
      faults: ['bad-signature', 'malformed', 'future', 'duplicate', 'line-noise'],
      faultRate: 0.4,
    })
    const audit = await auditOf(run)
    expect(audit.faults.length).toBeGreaterThan(1)
  })
})
