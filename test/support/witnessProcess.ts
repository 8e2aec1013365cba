import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { temporaryFolder, until } from './gateway.js'

/** A `fieldproof witness` in a process of its own. */
export interface RunningTestWitness {
  dir: string
  url: string
  vkey: string
  process: ChildProcess
  output(): string
  /** Sends an add-checkpoint request. */
  add(body: string): Promise<{ status: number; type: string | null; body: string }>
  stop(): Promise<number | null>
  kill(): Promise<void>
}

const entry = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))

/** Starts one on a free port and waits until it listens. */
export async function startWitness(options: {
  logs: readonly string[]
  name?: string
  dir?: string
  port?: number
}): Promise<RunningTestWitness> {
  const dir = options.dir ?? temporaryFolder('witness')
  const name = options.name ?? 'witness.example/w1'
  const port = String(options.port ?? 0)
  const flags = ['--name', name, '--dir', dir, '--port', port, '--log', ...options.logs]
  const child = spawn(process.execPath, [entry, 'witness', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killLeft = (): boolean => child.kill('SIGKILL')
  process.once('exit', killLeft)
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  const gone = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      process.off('exit', killLeft)
      resolve(code)
    })
  })
  const [, vkey, url] = await until(
    'the witness to listen',
    () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the witness ended at start:\n${text}`)
      return /in a policy: {2}witness NAME (\S+) (\S+)\n/.exec(text) ?? undefined
    },
    { detail: () => text },
  )
  return {
    dir,
    url: url!,
    vkey: vkey!,
    process: child,
    output: () => text,
    add: (body) => addCheckpoint(url!, body),
    async stop() {
      child.kill('SIGTERM')
      return gone
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function addCheckpoint(url: string, body: string) {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  const type = response.headers.get('content-type')
  return { status: response.status, type, body: await response.text() }
}
