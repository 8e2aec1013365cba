import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Finding } from '../../gateway/commands/doctor/finding.js'
import { checkMachine, checkNode } from '../../gateway/commands/doctor/machine.js'
import { doctorCommand } from '../../gateway/commands/doctor.js'
import { loadConfig } from '../../gateway/config.js'
import { runCommand } from '../support/cli.js'
import { startInfluxd } from '../support/influxd.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function doctor(env: Record<string, string>) {
  const result = await runCommand(doctorCommand(), ['--json', '-d', join(folder, 'data')], {
    FIELDPROOF_HTTP__PORT: '0',
    FIELDPROOF_MQTT__PORT: '0',
    ...env,
  })
  const findings = JSON.parse(result.out) as Finding[]
  return { ...result, of: (subject: string) => findings.find((each) => each.subject === subject) }
}

test('a fit machine: 0, and no line without its remedy where something is off', async () => {
  const result = await doctor({ FIELDPROOF_SERIAL__PORTS: '[]' })
  expect(result.code).toBe(0)
  for (const finding of JSON.parse(result.out) as Finding[])
    expect(finding.result === 'ok' || finding.remedy).toBeTruthy()
  expect(result.of('node')?.result).toBe('ok')
  expect(result.of('data directory')?.detail).toContain('will be made')
})

test('a taken port, a missing board and absent services are named with remedies: 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const result = await doctor({
    FIELDPROOF_MQTT__PORT: String(port),
    FIELDPROOF_SERIAL__PORTS: '["/dev/ttyNONE0"]',
    FIELDPROOF_STORE__KIND: 'influxdb',
    FIELDPROOF_STORE__URL: 'http://127.0.0.1:1',
  })
  server.close()
  expect(result.code).toBe(1)
  expect(result.err).toContain('to mend: MQTT port, serial')
  expect(result.of('MQTT port')?.remedy).toContain('--mqtt-port')
  expect(result.of('serial')?.detail).toContain('/dev/ttyNONE0 is not there')
  expect(result.of('InfluxDB')).toMatchObject({ result: 'warning' })
})

test('an external broker that is away is a warning', async () => {
  const result = await doctor({
    FIELDPROOF_SERIAL__PORTS: '[]',
    FIELDPROOF_MQTT__MODE: 'external',
    FIELDPROOF_MQTT__URL: 'mqtt://127.0.0.1:1',
  })
  expect(result.code).toBe(0)
  expect(result.of('broker')).toMatchObject({ result: 'warning' })
})

test('a real InfluxDB is recognised', async () => {
  const influxd = await startInfluxd()
  const result = await doctor({
    FIELDPROOF_SERIAL__PORTS: '[]',
    FIELDPROOF_STORE__KIND: 'influxdb',
    FIELDPROOF_STORE__URL: influxd.url,
  })
  await influxd.stop()
  expect(result.of('InfluxDB')).toMatchObject({ result: 'ok' })
  expect(result.of('InfluxDB')?.detail).toMatch(/answers, version 1\./)
})

test('a clock that fell, and an old Node', async () => {
  const dataDir = join(folder, 'ahead')
  mkdirSync(join(dataDir, 'journal'), { recursive: true })
  writeFileSync(join(dataDir, 'journal', '0000000000000000.seg'), '')
  const config = await loadConfig({ flags: { dataDir } })
  const now = Date.now()
  utimesSync(join(dataDir, 'journal', '0000000000000000.seg'), now / 1000, now / 1000)
  const clock = async (nowMs: number) =>
    (await checkMachine(config, nowMs)).find(({ subject }) => subject === 'clock')?.result
  expect(await clock(Date.UTC(2000, 0, 1))).toBe('bad')
  expect(await clock(now - 3_600_000)).toBe('bad')
  expect(await clock(now)).toBe('ok')
  expect(checkNode('18.20.4').result).toBe('bad')
  expect(checkNode('20.18.0').result).toBe('bad')
  expect(checkNode('20.19.0').result).toBe('ok')
  expect(checkNode('24.1.0').result).toBe('ok')
})
