/**
 * A ROM for the emulated RP2040, which comes without one: the table of functions that programs look
 * flash functions up in (RP2040 datasheet 2.8.3), and the functions. Each is a breakpoint whose
 * number says what is to be done, and a return.
 */
import type { RP2040 } from 'rp2040js'

const tableAt = 0x100
const functionsAt = 0x200
const returnToCaller = 0x4770

/** The ROM's functions by their two-letter codes; the place in the list is the number. */
const functions = ['IF', 'EX', 'RE', 'RP', 'FC', 'CX'] as const
/** Breakpoints of the ROM begin here; those below are the program's. */
const firstBreak = 0x80

/** The ROM's words from address 0. */
export function romImage(): Uint32Array {
  const words = new Uint32Array(0x400 / 4)
  const halves = new Uint16Array(words.buffer)
  halves[0x14 / 2] = tableAt
  functions.forEach((code, i) => {
    const at = functionsAt + 4 * i
    halves[tableAt / 2 + 2 * i] = code.charCodeAt(0) | (code.charCodeAt(1) << 8)
    halves[tableAt / 2 + 2 * i + 1] = at | 1
    halves[at / 2] = 0xbe00 | (firstBreak + i)
    halves[at / 2 + 1] = returnToCaller
  })
  return words
}

/** Does what a breakpoint of the ROM stands for; `none` where the breakpoint is not the ROM's. */
export function flashCall(chip: RP2040, code: number): 'none' | 'done' | 'written' {
  const name = functions[code - firstBreak]
  if (name === undefined) return 'none'
  const [offset = 0, second = 0, length = 0] = chip.core.registers
  if (name === 'RE') chip.flash.fill(0xff, offset, offset + second)
  // Writing clears bits, as flash does: what was not erased before shows.
  if (name === 'RP')
    for (let i = 0; i < length; i++) chip.flash[offset + i]! &= chip.readUint8(second + i)
  return name === 'RE' || name === 'RP' ? 'written' : 'done'
}
