/**
 * What people write today: subscribe, parse JSON, write points. No signature, no log, no replay
 * check. It writes in batches of 1,000 points or whatever came in 100 ms, which is kind: scripts
 * that write each message as it comes (most tutorials) reach a fraction of it.
 *
 * Says `ready`, `warm` when the first part is stored, and `done` with the milliseconds from there.
 */
import { InfluxDB, type IPoint } from 'influx'
import mqtt from 'mqtt'
import { argumentOf, say } from './child.js'

export interface ScriptPlan {
  brokerPort: number
  influxPort: number
  database: string
  messages: number
  warmUp: number
}

const batchPoints = 1_000
const flushMs = 100

const plan = argumentOf<ScriptPlan>()
const influx = new InfluxDB({ host: '127.0.0.1', port: plan.influxPort, database: plan.database })
await influx.createDatabase(plan.database)
let points: IPoint[] = []
let stored = 0
let warmAtMs = 0

async function flush(): Promise<void> {
  if (points.length === 0) return
  const batch = points
  points = []
  await influx.writePoints(batch, { precision: 's' })
  const before = stored
  stored += batch.length
  if (before < plan.warmUp && stored >= plan.warmUp) {
    warmAtMs = performance.now()
    say('warm', stored)
  }
  if (stored === plan.messages) say('done', performance.now() - warmAtMs)
}

const client = mqtt.connect({ host: '127.0.0.1', port: plan.brokerPort })
await new Promise<void>((resolve) => client.once('connect', () => resolve()))
client.on('message', (topic, payload) => {
  const [, device = '', metric = ''] = topic.split('/')
  const { time, value } = JSON.parse(payload.toString())
  points.push({ measurement: metric, tags: { device }, fields: { value }, timestamp: time })
  if (points.length >= batchPoints) void flush()
})
setInterval(() => void flush(), flushMs)
await client.subscribeAsync('sensors/+/+', { qos: 1 })
say('ready')
