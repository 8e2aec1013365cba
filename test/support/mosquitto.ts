import { type ChildProcess, spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder, until } from './gateway.js'

/** A real Mosquitto on a free port of this machine. */
export interface Mosquitto {
  readonly port: number
  readonly url: string
  /** Ends it with SIGKILL: nothing is said to anybody, nothing saved. */
  kill(): Promise<void>
  /** Starts it again on the same port; with `persistence` it knows what it knew at a clean end. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface MosquittoOptions {
  /** A free one where absent. */
  port?: number
  /** More lines for the configuration file; by default everybody may do everything. */
  lines?: readonly string[]
  /** Sessions and queues survive a clean restart. */
  persistence?: boolean
}

/** Starts Mosquitto and resolves when it answers. QoS 1 without `set_tcp_nodelay` waits for Nagle. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = temporaryFolder('mosquitto')
  const port = options.port ?? (await freePort())
  const file = join(folder, 'mosquitto.conf')
  const lines = [
    `listener ${port} 127.0.0.1`,
    'set_tcp_nodelay true',
    'max_inflight_messages 0',
    'max_queued_messages 0',
    `persistence ${options.persistence === true}`,
    `persistence_location ${folder}/`,
    'log_dest stderr',
    // Mosquitto started by root becomes this user, who could not write the folder.
    'user root',
    ...(options.lines ?? ['allow_anonymous true']),
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  let child = await run(file, port)
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    kill: () => end(child, 'SIGKILL'),
    async restart() {
      await end(child, 'SIGTERM')
      child = await run(file, port)
    },
    async stop() {
      await end(child, 'SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0))
    })
  })
}

async function run(file: string, port: number): Promise<ChildProcess> {
  const child = spawn('mosquitto', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  process.once('exit', () => child.kill('SIGKILL'))
  let log = ''
  child.stderr?.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000)
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${log}`)))
  })
  failed.catch(() => undefined)
  await Promise.race([until('mosquitto to answer', () => opens(port)), failed])
  return child
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await exited
}
