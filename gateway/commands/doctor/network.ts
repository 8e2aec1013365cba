/** Ports that must be free, and services that must be there. */
import { connect, createServer } from 'node:net'
import { readRunFile } from '../../adapters/system/runFile.js'
import type { Config } from '../../config/schema.js'
import { messageOf } from '../../core/failure.js'
import { doctorWaitMs } from '../../core/limits.js'
import { bad, type Finding, ok, warning } from './finding.js'

export async function checkNetwork(config: Config): Promise<Finding[]> {
  const { mqtt, http, store } = config
  const findings: Finding[] = []
  const running = await runningGateway(config.dataDir)
  if (running === undefined) {
    findings.push(await checkPort('HTTP port', http.host, http.port, '--http-port'))
    if (mqtt.mode === 'embedded')
      findings.push(await checkPort('MQTT port', mqtt.host, mqtt.port, '--mqtt-port'))
  } else findings.push(ok('gateway', `answers at ${running}`))
  if (mqtt.mode === 'external' && mqtt.url !== undefined)
    findings.push(await checkBroker('broker', 'mqtt.url', mqtt.url))
  const { enabled, url } = config.homeAssistant
  if (enabled && url !== undefined)
    findings.push(await checkBroker('home assistant', 'homeAssistant.url', url))
  if (store.kind === 'influxdb' && store.url !== undefined)
    findings.push(await checkInflux(store.url))
  return findings
}

/** Its address, where the gateway of this data directory answers. */
async function runningGateway(dataDir: string): Promise<string | undefined> {
  const run = await readRunFile(dataDir)
  if (run === undefined) return undefined
  const answer = await fetch(`${run.url}/healthz`, {
    signal: AbortSignal.timeout(doctorWaitMs),
  }).catch(() => undefined)
  return answer?.ok ? run.url : undefined
}

async function checkPort(
  subject: string,
  host: string,
  port: number,
  flag: string,
): Promise<Finding> {
  if (port === 0) return ok(subject, 'any free one')
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  if (error === undefined) return ok(subject, `${host}:${port} is free`)
  if (error.code === 'EADDRINUSE')
    return bad(
      subject,
      `${host}:${port} is taken`,
      `find the program with "ss -ltnp | grep ${port}", or choose another port with ${flag}`,
    )
  if (error.code === 'EACCES')
    return bad(subject, `${host}:${port} needs permission`, 'choose a port above 1023')
  return bad(subject, `${host}:${port}: ${messageOf(error)}`, 'use an address of this machine')
}

const defaultPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443,
}

async function checkBroker(subject: string, key: string, address: string): Promise<Finding> {
  const url = new URL(address)
  const port = url.port === '' ? (defaultPorts[url.protocol] ?? 1883) : Number(url.port)
  const error = await new Promise<Error | undefined>((resolve) => {
    const socket = connect({ host: url.hostname, port, timeout: doctorWaitMs })
    const settle = (result?: Error): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => settle())
    socket.once('timeout', () => settle(new Error('no answer')))
    socket.once('error', settle)
  })
  if (error === undefined) return ok(subject, `${address} answers`)
  return warning(
    subject,
    `${address}: ${messageOf(error)}`,
    `start the broker or mend ${key}; the gateway starts without it and keeps trying`,
  )
}

async function checkInflux(address: string): Promise<Finding> {
  try {
    const response = await fetch(new URL('/ping', address), {
      signal: AbortSignal.timeout(doctorWaitMs),
    })
    const version = response.headers.get('x-influxdb-version') ?? 'unknown'
    if (response.ok && /^v?1\./.test(version))
      return ok('InfluxDB', `${address} answers, version ${version}`)
    return warning(
      'InfluxDB',
      `${address} answers as version ${version}`,
      'the gateway speaks to InfluxDB 1.x; name such a server in store.url',
    )
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return warning(
      'InfluxDB',
      `${address}: ${messageOf(cause)}`,
      'start it or mend store.url; readings are accepted without it and written when it is back',
    )
  }
}
