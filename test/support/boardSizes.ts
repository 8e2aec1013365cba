import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builtImage } from './image.js'
import { projectRoot } from './root.js'
import { builtSketch, megaSketch } from './sketch.js'

/** What the image `firmware`, or the sketch MegaMinimal, takes of a board, bytes. The stack is not part of `ram`. */
export interface BoardSizes {
  flash: number
  ram: number
}

/** The boards whose images are measured, with the emulators that run them. */
export const measuredBoards = [
  { board: 'mps2-an385', chip: 'Cortex-M3', emulator: 'QEMU' },
  { board: 'rp2040', chip: 'Cortex-M0+', emulator: 'rp2040js' },
  { board: 'mega2560', chip: 'ATmega2560', emulator: 'avr8js' },
] as const

/** Builds the firmware and reads the sizes of its sections. */
export async function boardSizes(board: string): Promise<BoardSizes> {
  const isMega = board === 'mega2560'
  const { elf } = isMega ? await builtSketch(megaSketch) : await builtImage(board, 'firmware')
  const program = isMega ? 'avr-size' : 'arm-none-eabi-size'
  const { stdout } = await promisify(execFile)(program, ['-A', '-d', elf])
  const size = (section: string): number =>
    Number(new RegExp(`^\\${section}\\s+(\\d+)`, 'm').exec(stdout)?.[1] ?? 0)
  const data = size('.data')
  return { flash: size('.text') + data, ram: data + size('.bss') }
}

export const boardsReadme = join(projectRoot(), 'devices/README.md')

/** A number as the table writes it. */
export function kiloBytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

/** The row of a board in the table of `devices/README.md`, cell by cell. */
export function rowInReadme(board: string): string[] {
  const row = readFileSync(boardsReadme, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${board} |`))
  return (row ?? '').split('|').map((cell) => cell.trim())
}
