import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A gateway in a process of its own, as a user starts it. */
export interface RunningGateway {
  dataDir: string
  url: string
  mqttPort: number
  token: string
  process: ChildProcess
  /** Everything it printed. */
  output(): string
  /** Calls the operator API; rejects on any status but 2xx. */
  api<T>(path: string, body?: unknown): Promise<T>
  /** Resolves with the exit code when the process has ended, whatever ended it. */
  gone: Promise<number | null>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

export interface GatewayOptions {
  /** Made, and removed at the end of the process, where absent. */
  dataDir?: string
  /** Configuration as environment, `FIELDPROOF_...`. */
  env?: Record<string, string>
  args?: string[]
  /** Put before `node`: a tracer, for instance. */
  wrapper?: string[]
  /** SIGKILL that long after the process began, wherever it is then. */
  killAfterMs?: number
}

/** What must not outlive the test process, also where a test fails. */
const leftovers = new Set<() => void>()
process.once('exit', () => {
  for (const remove of leftovers) remove()
})

const entry = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))

/** A new folder that goes away with the test process. */
export function temporaryFolder(name = 'fieldproof'): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  leftovers.add(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Polls until `ready` returns something; rejects with `what` and `detail()` after `deadlineMs`. */
export async function until<T>(
  what: string,
  ready: () => T | undefined | false | Promise<T | undefined | false>,
  { deadlineMs = 60_000, everyMs = 10, detail = (): string => '' } = {},
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await ready()
    if (value !== undefined && value !== false) return value
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}\n${detail()}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Starts `fieldproof start` on free ports and waits until it is ready. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const dataDir = options.dataDir ?? temporaryFolder()
  const [command, ...rest] = [...(options.wrapper ?? []), process.execPath]
  const child = spawn(command!, [...rest, entry, 'start', ...(options.args ?? [])], {
    env: { ...process.env, ...onFreePorts(dataDir), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (options.killAfterMs !== undefined)
    setTimeout(() => child.kill('SIGKILL'), options.killAfterMs)
  const killLeft = (): boolean => child.kill('SIGKILL')
  leftovers.add(killLeft)
  child.once('exit', () => leftovers.delete(killLeft))
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  // The end of its output, too: what a tracer traced can outlive it by a moment.
  const gone = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const runFile = join(dataDir, 'run.json')
  const run = await until(
    'the gateway to listen',
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        await gone
        throw new Error(`the gateway ended at start:\n${text}`)
      }
      return readRunFile(runFile, options.wrapper ? undefined : child.pid)
    },
    { everyMs: 5, detail: () => text },
  )
  const token = readFileSync(join(dataDir, 'operator.token'), 'utf8').trim()
  return {
    dataDir,
    url: run.url,
    mqttPort: run.mqtt.port,
    token,
    process: child,
    output: () => text,
    api: (path, body) => callApi(run.url, token, path, body),
    gone,
    async stop() {
      signal(run.pid, 'SIGTERM')
      return gone
    },
    async kill() {
      signal(run.pid, 'SIGKILL')
      await gone
    },
  }
}

/** Configuration, as environment, that disturbs nobody on this machine. */
export function onFreePorts(dataDir: string): Record<string, string> {
  return {
    FIELDPROOF_DATA_DIR: dataDir,
    FIELDPROOF_MQTT__PORT: '0',
    FIELDPROOF_HTTP__PORT: '0',
    FIELDPROOF_SERIAL__PORTS: '[]',
  }
}

/** Not the child: a tracer would end instead of what it traces. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended already.
  }
}

interface RunFile {
  pid: number
  url: string
  mqtt: { host: string; port: number }
}

/** The run file of this very process; an older one of a killed gateway does not count. */
function readRunFile(path: string, pid: number | undefined): RunFile | undefined {
  if (!existsSync(path)) return undefined
  try {
    const run: RunFile = JSON.parse(readFileSync(path, 'utf8'))
    return pid === undefined || run.pid === pid ? run : undefined
  } catch {
    return undefined
  }
}

/** As `RunningGateway.api`, of the gateway at this address. */
export async function callApi<T>(
  url: string,
  token: string,
  path: string,
  body: unknown,
): Promise<T> {
  const response = await fetch(new URL(path, url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${path}: ${text}`)
  return JSON.parse(text)
}
