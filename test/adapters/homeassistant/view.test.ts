import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openHomeAssistant } from '../../../gateway/adapters/homeassistant/view.js'
import { metricTable } from '../../../gateway/core/metrics.gen.js'
import type { HomeDevice, HomeView } from '../../../gateway/ports/home.js'
import { until } from '../../support/gateway.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'

let broker: Mosquitto
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  broker = await startMosquitto()
})
afterAll(() => broker.stop())
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const nowSec = 1_762_000_000
const clock = { now: () => nowSec * 1_000, monotonic: () => performance.now() }
const board: HomeDevice = {
  id: 'nbuo57lhddeib',
  model: 'fp-uno',
  firmware: 'fieldproof 1.0',
  metrics: ['temperature', 'pm25', 'battery'],
  intervalSec: 60,
  available: true,
}

/** Every gateway of its own, so that what one test retains another does not see. */
function openView(gatewayId: string, more = {}): HomeView {
  const view = openHomeAssistant({
    url: broker.url,
    prefix: gatewayId,
    gatewayId,
    version: '9.9.9',
    clock,
    event: () => undefined,
    ...more,
  })
  closing.push(() => view.stop())
  return view
}

interface Listener {
  client: MqttClient
  /** Topics and payloads in order of arrival; `retained` where the broker had kept it. */
  heard: { topic: string; text: string; retained: boolean }[]
}

/** Stands for Home Assistant: reads what a home automation reads. */
async function listen(...filters: string[]): Promise<Listener> {
  const client = await mqtt.connectAsync(broker.url)
  closing.push(() => client.endAsync())
  const heard: Listener['heard'] = []
  client.on('message', (topic, payload, { retain }) =>
    heard.push({ topic, text: payload.toString(), retained: retain }),
  )
  await client.subscribeAsync(filters)
  return { client, heard }
}

const textsAt = ({ heard }: Listener, topic: string): string[] =>
  heard.filter((one) => one.topic === topic).map(({ text }) => text)

test('an enrolled device is found: retained configuration, availability, units, expiry, origin', async () => {
  const view = openView('gwfound')
  view.show(board)
  view.start()
  await until('a connection', () => view.condition().length === 0)
  view.value({ device: board.id, metric: 'temperature', time: nowSec, value: 21.5 })
  const config = `gwfound/sensor/fieldproof_${board.id}_temperature/config`
  const home = await listen('gwfound/#', 'fieldproof/gwfound/#')
  await until('the sensors', () => home.heard.length >= 5)
  expect(home.heard.every(({ retained }) => retained)).toBe(true)
  expect(JSON.parse(textsAt(home, config)[0]!)).toEqual({
    name: 'Temperature',
    unique_id: `fieldproof_${board.id}_temperature`,
    device_class: 'temperature',
    state_class: 'measurement',
    unit_of_measurement: '°C',
    suggested_display_precision: 1,
    state_topic: `fieldproof/gwfound/${board.id}/temperature`,
    availability: [
      { topic: 'fieldproof/gwfound/status' },
      { topic: `fieldproof/gwfound/${board.id}/status` },
    ],
    availability_mode: 'all',
    expire_after: 300,
    device: {
      identifiers: [`fieldproof_${board.id}`],
      name: `fp-uno ${board.id}`,
      manufacturer: 'FieldProof',
      model: 'fp-uno',
      sw_version: 'fieldproof 1.0',
      serial_number: board.id,
      via_device: 'fieldproof_gwfound',
    },
    origin: { name: 'FieldProof', sw_version: '9.9.9' },
  })
  expect(textsAt(home, 'fieldproof/gwfound/status')).toEqual(['online'])
  expect(textsAt(home, `fieldproof/gwfound/${board.id}/status`)).toEqual(['online'])
  // A value that was kept would look new after a restart of Home Assistant.
  expect(textsAt(home, `fieldproof/gwfound/${board.id}/temperature`)).toEqual([])
})

test('every metric has a class, a unit and the topic rules of discovery', async () => {
  const view = openView('gwall')
  view.show({ ...board, metrics: metricTable.map(({ name }) => name), intervalSec: 3_600 })
  view.start()
  const home = await listen('gwall/sensor/#')
  await until('twelve sensors', () => home.heard.length === metricTable.length)
  for (const { topic, text } of home.heard) {
    expect(topic).toMatch(/^gwall\/sensor\/[a-zA-Z0-9_-]+\/config$/)
    const config = JSON.parse(text)
    expect(config.device_class).toMatch(/^[a-z0-9_]+$/)
    expect(config.unit_of_measurement).not.toBe('')
    expect(config.expire_after).toBe(3 * 3_600)
  }
  const units = home.heard.map(({ text }) => JSON.parse(text).unit_of_measurement)
  expect([...new Set(units)].sort()).toEqual(
    ['%', 'V', 'dB', 'lx', 'm/s', 'mm', 'ppm', 'Pa', '°C', 'µg/m³'].sort(),
  )
})

test('its birth is answered with everything, values that are not too old among it', async () => {
  const view = openView('gwbirth')
  view.show(board)
  view.start()
  const home = await listen('gwbirth/sensor/#', 'fieldproof/gwbirth/#')
  await until('the first time', () => home.heard.length >= 5)
  const { id } = board
  view.value({ device: id, metric: 'temperature', time: nowSec - 10, value: 21.5 })
  // Late, and older than what is shown: not shown.
  view.value({ device: id, metric: 'temperature', time: nowSec - 20, value: 3 })
  view.value({ device: id, metric: 'pm25', time: nowSec - 301, value: 7 })
  const value = `fieldproof/gwbirth/${id}/temperature`
  await until('the values', () => textsAt(home, `fieldproof/gwbirth/${id}/pm25`).length === 1)
  expect(textsAt(home, value)).toEqual(['21.5'])
  home.heard.length = 0
  for (let i = 0; i < 3; i++) await home.client.publishAsync('gwbirth/status', 'online')
  await until('the value again', () => textsAt(home, value).length > 0)
  expect(textsAt(home, value)).toEqual(['21.5'])
  expect(home.heard.filter(({ topic }) => topic.endsWith('/config'))).toHaveLength(3)
  expect(textsAt(home, `fieldproof/gwbirth/${id}/pm25`)).toEqual([])
})

test('a suspended device is unavailable, a revoked one is gone, also after another start', async () => {
  const view = openView('gwgone')
  view.show(board)
  view.start()
  const home = await listen('gwgone/sensor/#', 'fieldproof/gwgone/#')
  const status = `fieldproof/gwgone/${board.id}/status`
  await until('it', () => textsAt(home, status).includes('online'))
  view.show({ ...board, available: false })
  await until('offline', () => textsAt(home, status).at(-1) === 'offline')
  await view.stop()
  await until('the gateway offline', () =>
    textsAt(home, 'fieldproof/gwgone/status').includes('offline'),
  )
  // Revoked while nothing was connected.
  const next = openView('gwgone')
  next.remove(board)
  next.start()
  await until('removal', () => textsAt(home, status).at(-1) === '')
  const later = await listen('gwgone/sensor/#', 'fieldproof/gwgone/#')
  await until('what is left', () => later.heard.length > 0)
  expect(later.heard).toEqual([
    { topic: 'fieldproof/gwgone/status', text: 'online', retained: true },
  ])
})

test('a broker that is away is a condition; when it is back, so is everything', async () => {
  const other = await startMosquitto()
  closing.push(() => other.stop())
  const view = openView('gwaway', { url: other.url })
  view.show(board)
  view.start()
  await until('a connection', () => view.condition().length === 0)
  await other.kill()
  await until('the condition', () => view.condition().length === 1)
  expect(view.condition()[0]).toMatch(/^home assistant: no connection to 127\.0\.0\.1:\d+: ./)
  await other.restart()
  await until('a connection again', () => view.condition().length === 0)
  const client = await mqtt.connectAsync(other.url)
  closing.push(() => client.endAsync())
  const topics: string[] = []
  client.on('message', (topic) => topics.push(topic))
  await client.subscribeAsync('gwaway/sensor/#')
  await until('the sensors', () => topics.length === 3)
})
