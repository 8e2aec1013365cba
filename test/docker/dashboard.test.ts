import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { metrics } from '../../gateway/core/metric.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { projectRoot } from '../support/root.js'

interface Panel {
  title: string
  datasource: { uid: string }
  targets: { query: string }[]
  gridPos: { x: number; y: number; w: number; h: number }
}

const folder = join(projectRoot(), 'gateway', 'docker', 'grafana')
interface Dashboard {
  panels: Panel[]
  templating: { list: { query: string }[] }
}

const read = (name: string): Dashboard =>
  JSON.parse(readFileSync(join(folder, 'dashboards', name), 'utf8'))
const dashboard = read('readings.json')
const cell = '871fb4670ffffff'
const nowSec = Math.floor(Date.now() / 1000)
let influxd: Influxd

beforeAll(async () => {
  influxd = await startInfluxd()
  await influxd.query('CREATE DATABASE fieldproof')
  await influxd.query('CREATE RETENTION POLICY "raw" ON "fieldproof" DURATION 30d REPLICATION 1')
  // As the gateway writes: measurement = metric, tag device, field value.
  const lines = metrics.map(({ name }) => `${name},device=nbuo57lhddeib value=1 ${nowSec}`)
  expect((await influxd.write(lines.join('\n'), 'fieldproof', 'raw')).status).toBe(204)
  await influxd.query(
    'CREATE RETENTION POLICY "released" ON "fieldproof" DURATION INF REPLICATION 1',
  )
  const row = `temperature,cell=${cell},step=900 k=5,n=10,mean=21.4,median=21.3 ${nowSec}`
  expect((await influxd.write(row, 'fieldproof', 'released')).status).toBe(204)
})
afterAll(() => influxd.stop())

/** What Grafana puts in for its variables. */
function filled(query: string): string {
  return query
    .replaceAll('$timeFilter', `time >= ${nowSec - 3600}s and time <= ${nowSec + 60}s`)
    .replaceAll('$__interval', '1m')
    .replaceAll('$metric', 'temperature')
    .replaceAll('$cell', `(${cell})`)
    .replaceAll('$device', '(nbuo57lhddeib|other)')
}

test('every panel shows what the gateway writes, and every metric has one', async () => {
  const queries = dashboard.panels.flatMap((panel) => panel.targets.map(({ query }) => query))
  for (const query of queries) {
    const rows = await influxd.query(filled(query), 'fieldproof')
    expect(rows, query).toHaveLength(1)
    expect(rows[0]?.[1], query).toBe(1)
  }
  for (const { name } of metrics)
    expect(
      queries.some((query) => query.includes(`"raw"."${name}"`)),
      name,
    ).toBe(true)
})

test('released rows are shown by cell', async () => {
  const { panels, templating } = read('released.json')
  const shown = []
  for (const { targets } of panels)
    for (const { query } of targets)
      shown.push((await influxd.query(filled(query), 'fieldproof'))[0]?.[1])
  expect(shown).toEqual([21.3, 21.4, 10])
  const cells = templating.list.find(({ query }) => query.includes('"cell"'))
  expect(await influxd.query(cells!.query, 'fieldproof')).toEqual([['cell', cell]])
})

test('the device list comes from the same data', async () => {
  const [variable] = dashboard.templating.list
  const rows = await influxd.query(variable!.query, 'fieldproof')
  expect(rows[0]).toEqual(['device', 'nbuo57lhddeib'])
})

test('data source, provider and panels fit together', () => {
  const source = parse(readFileSync(join(folder, 'datasources', 'fieldproof.yaml'), 'utf8'))
  const provider = parse(readFileSync(join(folder, 'dashboards.yaml'), 'utf8'))
  expect(readdirSync(join(folder, 'dashboards'))).toEqual([
    'gateway.json',
    'readings.json',
    'released.json',
  ])
  expect(source.datasources[0]).toMatchObject({ uid: 'fieldproof', type: 'influxdb' })
  expect(source.datasources[0].jsonData.dbName).toBe('fieldproof')
  expect(provider.providers[0].options.path).toBe('/etc/fieldproof')
  for (const { datasource, gridPos, title } of dashboard.panels) {
    expect(datasource.uid, title).toBe('fieldproof')
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
  }
})
