import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { temporaryFolder, until } from './gateway.js'

/** A machine of QEMU, its image, and the folder where the board's records are. */
export interface QemuMachine {
  program: 'qemu-system-arm' | 'qemu-system-riscv32' | 'qemu-system-avr'
  machine: string
  elf: string
  folder?: string
}

function start({ program, machine, elf, folder }: QemuMachine, serial: string): ChildProcess {
  const arm = program === 'qemu-system-arm'
  const child = spawn(
    program,
    [
      ...['-M', machine, '-display', 'none', '-monitor', 'none', '-serial', serial],
      // Files of the board's folder by semihosting; its host knows no other folder.
      ...(arm ? ['-semihosting-config', 'enable=on,target=native'] : []),
      ...(program === 'qemu-system-arm' ? ['-kernel', elf] : ['-bios', elf]),
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

/** Starts a machine whose serial line is a socket; `restart` cuts its power. */
export async function startQemu(machine: QemuMachine, host: BoardHost): Promise<EmulatedBoard> {
  const folder = machine.folder ?? temporaryFolder('fieldproof-board')
  const path = join(folder, 'serial.sock')
  let line: Socket | undefined
  const server = createServer((socket) => {
    line = socket
    socket.on('data', (bytes) => host.sent(bytes))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const power = (): ChildProcess => {
    const fresh = start({ ...machine, folder }, `unix:${path}`)
    let said = ''
    fresh.stderr?.on('data', (chunk) => (said += chunk))
    fresh.once('error', (error) => host.failed(error))
    fresh.once('exit', (code) => {
      if (code !== null && code !== 0) host.failed(new Error(`${machine.program} ended: ${said}`))
    })
    return fresh
  }
  let child = power()
  return {
    write: (bytes) => void line?.write(bytes),
    restart: () => {
      line?.destroy()
      line = undefined
      void kill(child).then(() => {
        child = power()
      })
    },
    stop: async () => {
      await kill(child)
      server.close()
    },
  }
}

/** A machine whose serial line is a terminal of the system, as a board's on USB is. */
export interface PluggedIn {
  path: string
  unplug(): Promise<void>
}

export async function plugInQemu(machine: QemuMachine): Promise<PluggedIn> {
  const folder = machine.folder ?? temporaryFolder('fieldproof-board')
  const child = start({ ...machine, folder }, 'pty')
  let said = ''
  child.stdout?.on('data', (chunk) => (said += chunk))
  child.stderr?.on('data', (chunk) => (said += chunk))
  child.once('error', (error) => (said += error.message))
  const path = await until('QEMU to name its terminal', () => /\/dev\/pts\/\d+/.exec(said)?.[0], {
    detail: () => said,
  })
  return { path, unplug: () => kill(child) }
}
