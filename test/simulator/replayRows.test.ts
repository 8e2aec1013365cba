import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { latLngToCell } from 'h3-js'
import { afterAll, describe, expect, it } from 'vitest'
import { rowCharsMax } from '../../simulator/limits.js'
import { linesOf, rowsOf, survey } from '../../simulator/replayFile.js'
import { columnsOf, noCounts, parseRow, type ReplayRow } from '../../simulator/replayRows.js'

const dayHeader =
  'timestamp_utc,station,sensor_id,sensor_type,lat,lon,pm10_ugm3,pm25_ugm3,temp_c,rh_pct,pressure_pa'
const sdsHeader =
  'sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2'
const bmeHeader =
  'sensor_id;sensor_type;location;lat;lon;timestamp;pressure;altitude;pressure_sealevel;temperature;humidity'

const folder = mkdtempSync(join(tmpdir(), 'fieldproof-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function parse(header: string, line: string): { row: ReplayRow | undefined; skipped: object } {
  const counts = noCounts()
  const row = parseRow(columnsOf(header)!, line, counts)
  return { row, skipped: counts.skipped }
}

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}

describe('rows of a day of many stations', () => {
  it('become exact values of one sensor, in a cell', () => {
    const line = '2019-05-15T00:00:12Z,11407,22481,BME280,56.964,-2.212,,,9.02,85.18,103114.48'
    const { row, skipped } = parse(dayHeader, line)
    const time = Date.UTC(2019, 4, 15, 0, 0, 12) / 1_000
    expect(row).toEqual({
      sensor: '22481',
      kind: 'BME280',
      station: '11407',
      cell: latLngToCell(56.964, -2.212, 7),
      time,
      values: [
        { metric: 'temperature', time, value: { m: 902, e: -2 } },
        { metric: 'humidity', time, value: { m: 8518, e: -2 } },
        { metric: 'pressure', time, value: { m: 10311448, e: -2 } },
      ],
    })
    expect(skipped).toEqual({})
  })

  it('keep no coordinate', () => {
    const line = '2019-05-15T00:00:12Z,11407,22481,BME280,56.96412345,-2.21298765,,,9.02,,'
    const text = JSON.stringify(parse(dayHeader, line).row)
    expect(text).not.toContain('56.9')
    expect(text).not.toContain('2.21')
  })
})

describe('rows of Sensor.Community’s archive', () => {
  it('of a particle sensor', () => {
    const line = '22885;SDS011;11610;57.268;-2.188;2019-05-15T00:00:07;13.80;;;10.63;;'
    expect(parse(sdsHeader, line).row?.values.map(({ metric, value }) => [metric, value])).toEqual([
      ['pm10', { m: 138, e: -1 }],
      ['pm25', { m: 1063, e: -2 }],
    ])
  })

  it('of a climate sensor, without what it computed itself', () => {
    const line =
      '22481;BME280;11407;56.964;-2.212;2019-05-15T00:00:12;103114.48;;103900.1;9.02;85.18'
    const { row } = parse(bmeHeader, line)
    expect(row?.values.map(({ metric }) => metric)).toEqual(['pressure', 'temperature', 'humidity'])
    expect(row?.time).toBe(Date.UTC(2019, 4, 15, 0, 0, 12) / 1_000)
  })

  it('with a fraction of a second, and with nan', () => {
    const line = '1;BME280;2;56.9;-2.2;2021-04-01T00:00:03.5+00:00;nan;;;NaN;50'
    const { row, skipped } = parse(bmeHeader, line)
    expect(row?.values).toHaveLength(1)
    expect(row?.time).toBe(Date.UTC(2021, 3, 1, 0, 0, 3) / 1_000)
    expect(skipped).toEqual({ 'not-a-number': 2 })
  })
})

describe('hostile rows', () => {
  const good = [
    '2019-05-15T00:00:12Z',
    '11407',
    '22481',
    'X',
    '56.9',
    '-2.2',
    '',
    '',
    '9.0',
    '',
    '',
  ]
  const changed = (at: number, text: string): string => good.with(at, text).join(',')

  it.each([
    ['wrong-columns', `${good.join(',')},1`],
    ['wrong-columns', ''],
    ['bad-time', changed(0, '2019-02-30T00:00:00Z')],
    ['bad-time', changed(0, '15.05.2019 00:00')],
    ['bad-time', changed(0, '2019-05-15T00:00:12+02:00')],
    ['bad-sensor', changed(2, '')],
    ['bad-sensor', changed(2, '../../etc/passwd')],
    ['bad-sensor', changed(2, '\u001b[2J')],
    ['bad-sensor', changed(3, 'a'.repeat(33))],
    ['bad-place', changed(4, 'nan')],
    ['bad-place', changed(4, '91')],
    ['bad-place', changed(5, '180.5')],
    ['bad-place', changed(5, '')],
    ['not-a-number', changed(8, '"9.0"')],
    ['out-of-range', changed(8, '85.01')],
    ['no-value', changed(8, '')],
  ])('are left out and counted: %s', (why, line) => {
    const { row, skipped } = parse(dayHeader, line)
    expect(row).toBeUndefined()
    expect(skipped).toHaveProperty(why, 1)
  })

  it('never throw, and what they give can be sent', () => {
    const columns = columnsOf(dayHeader)!
    const field = fc.oneof(fc.string(), fc.constantFrom(...good))
    fc.assert(
      fc.property(fc.array(field, { minLength: 9, maxLength: 12 }), (fields) => {
        const row = parseRow(columns, fields.join(','), noCounts())
        if (row) expect(row.values.length).toBeGreaterThan(0)
      }),
    )
  })

  it('headers of other files are none', () => {
    for (const header of ['', 'a,b,c', dayHeader.replace('lat', 'x'), 'sensor_id;sensor_type;lat'])
      expect(columnsOf(header)).toBeUndefined()
  })
})

describe('linesOf', () => {
  it('gives the same lines however the bytes are cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', ';', '漢') })
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat({ max: 7 })), async (whole, cuts) => {
        const bytes = new TextEncoder().encode(whole)
        const chunks: Uint8Array[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut))
          at += cut
        }
        chunks.push(bytes.subarray(at))
        const lines = whole.split('\n')
        if (lines.at(-1) === '') lines.pop()
        expect(await collect(linesOf(chunks))).toEqual(lines)
      }),
    )
  })

  it('holds no line that does not end', async () => {
    const chunk = new Uint8Array(rowCharsMax).fill(0x61)
    const chunks = [...Array(100).fill(chunk), new TextEncoder().encode('\nnext')]
    expect(await collect(linesOf(chunks))).toEqual([undefined, 'next'])
  })
})

describe('files', () => {
  const rows = [
    '2019-05-15T00:00:07Z,1,10,SDS011,57.2,-2.1,13.80,10.63,,,',
    '2019-05-15T00:00:08Z,1,11,DHT22,57.2,-2.1,,,8.30,99.90,',
    'x'.repeat(rowCharsMax + 1),
    '2019-05-15T00:02:31Z,1,10,SDS011,57.2,-2.1,2001,10.1,,,',
  ]
  const text = [dayHeader, ...rows, ''].join('\r\n')

  it.each([
    ['plain', text],
    ['gzipped', gzipSync(text)],
    [
      'gzipped in two members',
      Buffer.concat([gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))]),
    ],
  ])('are surveyed: %s', async (name, content) => {
    const path = file(name === 'plain' ? 'day.csv' : 'day.csv.gz', content)
    const { sensors, first, last, counts } = await survey(path)
    expect(sensors.map(({ sensor, metrics }) => [sensor, metrics])).toEqual([
      ['10', ['pm10', 'pm25']],
      ['11', ['temperature', 'humidity']],
    ])
    expect(last - first).toBe(144)
    expect(counts).toEqual({
      rows: 4,
      values: 5,
      skipped: { 'row-too-long': 1, 'out-of-range': 1 },
    })
    expect(await collect(rowsOf(path, noCounts()))).toHaveLength(3)
  })

  it.each([
    ['no header', 'hello\nworld\n'],
    ['nothing', ''],
    ['no row', `${dayHeader}\n`],
  ])('say what is wrong with them: %s', async (_name, content) => {
    await expect(survey(file('bad.csv', content))).rejects.toMatchObject({ code: 'usage' })
  })

  it('say so where they cannot be read', async () => {
    await expect(survey(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'usage' })
    await expect(survey(file('torn.csv.gz', gzipSync(text).subarray(0, 60)))).rejects.toMatchObject(
      {
        code: 'usage',
      },
    )
  })
})
