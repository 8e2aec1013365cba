import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder, until } from './gateway.js'

/** A real InfluxDB 1.x in a folder of its own, on free ports. */
export interface Influxd {
  url: string
  /** Starts it again on the same ports and folder; resolves when it answers. */
  start(): Promise<void>
  /** SIGTERM by default; resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Runs InfluxQL; resolves with the rows of the first series. Rejects on any error. */
  query(text: string, database?: string): Promise<unknown[][]>
  /** Writes line protocol; resolves with the status and the server's text. */
  write(lines: string, database: string, policy: string): Promise<{ status: number; text: string }>
}

/** Starts `influxd`; it ends with the test process at the latest. */
export async function startInfluxd(): Promise<Influxd> {
  const folder = temporaryFolder('influxd')
  const httpPort = await freePort()
  const rpcPort = await freePort()
  const config = join(folder, 'influxd.conf')
  for (const name of ['meta', 'data', 'wal']) mkdirSync(join(folder, name))
  writeFileSync(config, configuration(folder, httpPort, rpcPort))
  const url = `http://127.0.0.1:${httpPort}`
  let running: ChildProcess | undefined
  let output = ''

  async function start(): Promise<void> {
    output = ''
    const child = spawn('influxd', ['run', '-config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/bin', HOME: folder },
    })
    running = child
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      output += data
    })
    await until('influxd to answer', () => ping(url), { detail: () => output.slice(-2_000) })
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  process.once('exit', () => running?.kill('SIGKILL'))
  await start()
  return {
    url,
    start,
    stop,
    async query(text, database = '') {
      const form = new URLSearchParams({ q: text, db: database, epoch: 's' })
      const response = await fetch(`${url}/query`, { method: 'POST', body: form })
      const answer = (await response.json()) as {
        error?: string
        results?: { error?: string; series?: { values: unknown[][] }[] }[]
      }
      const error = answer.error ?? answer.results?.[0]?.error
      if (error !== undefined) throw new Error(error)
      return answer.results?.[0]?.series?.[0]?.values ?? []
    },
    async write(lines, database, policy) {
      const target = `${url}/write?db=${database}&rp=${policy}&precision=s`
      const response = await fetch(target, { method: 'POST', body: lines })
      return { status: response.status, text: await response.text() }
    },
  }
}

async function ping(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`)).status === 204
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return address.port
}

function configuration(folder: string, httpPort: number, rpcPort: number): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[http]
  bind-address = "127.0.0.1:${httpPort}"
  log-enabled = false
[logging]
  suppress-logo = true
  level = "warn"
`
}
