/** Runs of the two references that people know: a plain broker, and a plain script with InfluxDB. */
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { cpuTime, startChild } from './child.js'
import type { Load } from './prepare.js'
import { startLoad } from './sender.js'

export interface PlainRun {
  messagesPerSec: number
  /** Processor time per message of the broker, and of the script beside it, microseconds. */
  brokerUs: number
  scriptUs: number
}

/** aedes alone: publications with QoS 1 that nobody reads. */
export async function runBroker(load: Load): Promise<PlainRun> {
  const broker = startChild('plainBroker.js', {})
  const sender = await startLoad(load, await broker.said('ready'))
  sender.tell('go')
  const measured = load.plan.connections * load.plan.each - (await sender.said('warm'))
  const before = cpuTime(broker.pid)
  const ms = await sender.said('done')
  const brokerUs = (cpuTime(broker.pid).all - before.all) / measured
  await Promise.all([sender.stop(), broker.stop()])
  return { messagesPerSec: (measured * 1000) / ms, brokerUs, scriptUs: 0 }
}

export interface PlainScript {
  run(load: Load): Promise<PlainRun>
  stop(): Promise<void>
}

/** A real influxd for the script; each run has a database of its own. */
export async function startPlainScript(): Promise<PlainScript> {
  const influxd = await startInfluxd()
  let runs = 0
  return {
    run: (load) => runScript(influxd, `plain${runs++}`, load),
    stop: () => influxd.stop('SIGKILL'),
  }
}

/** Counted as readings stored, not as PUBACKs: those of a plain broker say nothing about storage. */
async function runScript(influxd: Influxd, database: string, load: Load): Promise<PlainRun> {
  const { plan, warmUp } = load
  const messages = plan.connections * plan.each
  const broker = startChild('plainBroker.js', {})
  const brokerPort = await broker.said('ready')
  const influxPort = Number(new URL(influxd.url).port)
  const argument = { brokerPort, influxPort, database, messages, warmUp }
  const script = startChild('plainScript.js', argument)
  await script.said('ready')
  const sender = await startLoad(load, brokerPort)
  sender.tell('go')
  const measured = messages - (await script.said('warm'))
  const before = { broker: cpuTime(broker.pid).all, script: cpuTime(script.pid).all }
  const ms = await script.said('done')
  const brokerUs = (cpuTime(broker.pid).all - before.broker) / measured
  const scriptUs = (cpuTime(script.pid).all - before.script) / measured
  await Promise.all([sender.stop(), script.stop(), broker.stop()])
  const [row] = await influxd.query('SELECT COUNT(value) FROM temperature', database)
  if (row?.[1] !== messages)
    throw new Error(`InfluxDB holds ${row?.[1]} of the script's ${messages} readings`)
  return { messagesPerSec: (measured * 1000) / ms, brokerUs, scriptUs }
}
