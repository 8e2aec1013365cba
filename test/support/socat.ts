import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './gateway.js'

/** Two real serial device files joined by a null modem, made by socat. */
export interface NullModem {
  /** The gateway's end. */
  readonly a: string
  /** The board's end. */
  readonly b: string
  /** Ends socat: both ends are gone at once, as when a board is unplugged. */
  unplug(signal?: NodeJS.Signals): Promise<void>
  /** Makes both ends again, under the same paths. */
  plugIn(): Promise<void>
}

/** Starts socat and waits for both device files. To be unplugged at the end, which leaves nothing. */
export async function nullModem(): Promise<NullModem> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldproof-tty-'))
  const a = join(folder, 'ttyA')
  const b = join(folder, 'ttyB')
  let socat: ChildProcess | undefined
  /** Socat ends when nobody has an end open any more; a real port outlives those who open it. */
  let held: number[] = []
  const atExit = () => void socat?.kill('SIGKILL')

  async function plugIn(): Promise<void> {
    mkdirSync(folder, { recursive: true })
    process.once('exit', atExit)
    const child = spawn('socat', [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    child.once('error', (error) => {
      said += error.message
    })
    socat = child
    await until('socat to make its device files', () => existsSync(a) && existsSync(b), {
      detail: () => said,
    })
    held = [a, b].map((path) => openSync(path, constants.O_RDWR | constants.O_NOCTTY))
  }

  async function unplug(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = socat
    socat = undefined
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await gone
    }
    for (const file of held.splice(0)) closeSync(file)
    process.removeListener('exit', atExit)
    // Killed at once, socat leaves its links behind; the system removes a device file.
    rmSync(folder, { recursive: true, force: true })
  }

  await plugIn()
  return { a, b, unplug, plugIn }
}
