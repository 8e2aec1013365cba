/** The board of `fieldproof demo --board`: real firmware, compiled here, on an emulated RP2040. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BoardPort } from '../../simulator/board/boardPort.js'
import { Failure, messageOf } from '../core/failure.js'
import { LineGuard } from '../core/frame/lineGuard.js'
import { parseLine } from '../core/frame/sentence.js'

const tool = fileURLToPath(new URL('../../../devices/tools/build.mjs', import.meta.url))

/** A firmware image that is ready to run, and the port behind which it will be. */
export interface DemoBoard {
  port: BoardPort
  /** Starts the firmware; `hello` is called with the id that the board gives, before its proof. */
  start(hello: (device: string) => void): Promise<() => Promise<void>>
}

/**
 * Compiles the firmware. Throws `Failure` 'unavailable' with what to install where the compiler, the
 * emulator or Ed25519's sources are missing. The board's key is kept in `folder`.
 */
export async function prepareBoard(folder: string): Promise<DemoBoard> {
  const [image] = await Promise.all([compiledImage(), requireEmulator()])
  const { BoardPort } = await import('../../simulator/board/boardPort.js')
  const port = new BoardPort()
  const file = join(folder, 'demo-board.flash')
  return {
    port,
    start: async (hello) => {
      const { startRp2040 } = await import('../../simulator/board/rp2040Board.js')
      const lines = new LineGuard()
      const records = existsSync(file) ? readFileSync(file) : undefined
      const host = {
        sent: (bytes: Uint8Array) => {
          for (const text of lines.push(bytes)) greet(text, hello)
          port.sent(bytes)
        },
        // Before the message that needs it: a boot counter must never go back.
        saved: (bytes: Uint8Array) => writeFileSync(file, bytes, { mode: 0o600, flush: true }),
        failed: (error: Error) => port.sent(Buffer.from(`emulator: ${error.message}\r\n`)),
      }
      const board = startRp2040(image, host, records)
      port.plugIn(board)
      return () => board.stop()
    },
  }
}

function greet(text: string, hello: (device: string) => void): void {
  const line = parseLine(text)
  if (line.kind === 'sentence' && line.type === 'HI') hello(line.fields[1]!)
}

async function compiledImage(): Promise<Uint8Array> {
  if (!existsSync(tool))
    throw new Failure(
      'unavailable',
      '--board needs the firmware’s sources: run it from a clone of the repository',
    )
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [tool, 'rp2040', 'firmware'])
    const { flash } = JSON.parse(stdout) as { flash: string }
    return readFileSync(flash)
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? `${error.stderr}`.trim() : ''
    throw new Failure(
      'unavailable',
      `the board’s firmware cannot be built: ${said || messageOf(error)}`,
    )
  }
}

/** The emulator is no dependency of a gateway: it is installed with the development tools. */
async function requireEmulator(): Promise<void> {
  await import('rp2040js').catch(() => {
    throw new Failure(
      'unavailable',
      '--board needs the emulator rp2040js: npm install --no-save rp2040js@1.4.1',
    )
  })
}
