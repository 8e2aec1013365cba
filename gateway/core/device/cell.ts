/**
 * Cells: H3 indexes checked by their bits alone, so that core needs no H3 library.
 *
 * From the top: 1 reserved bit (0), 4 bits mode (1 = cell), 3 reserved bits (0), 4 bits resolution,
 * 7 bits base cell (0..121), fifteen digits of 3 bits: 0..6 up to the resolution, 7 below it.
 */
import { assert } from '../failure.js'
import { cellResolutionMax } from '../limits.js'

const baseCells = 122
const digitCount = 15
/** The twelve base cells that are pentagons: there no index leads with digit 1. */
const pentagons: readonly number[] = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117]

/** Resolution 0..15 of an H3 cell of 15 lower-case hex digits; `undefined` where it is none. */
export function cellResolution(text: string): number | undefined {
  // Fifteen digits led by 8 are mode 1 with all reserved bits zero.
  if (!/^8[0-9a-f]{14}$/.test(text)) return undefined
  const bits = BigInt(`0x${text}`)
  const resolution = Number((bits >> 52n) & 15n)
  const baseCell = Number((bits >> 45n) & 127n)
  if (baseCell >= baseCells) return undefined
  let leading = 0
  for (let digit = 1; digit <= digitCount; digit++) {
    const value = Number((bits >> BigInt(3 * (digitCount - digit))) & 7n)
    if (digit <= resolution ? value === 7 : value !== 7) return undefined
    if (leading === 0 && digit <= resolution) leading = value
  }
  return leading === 1 && pentagons.includes(baseCell) ? undefined : resolution
}

/** Whether a device may be registered there: resolution 7 (5 km2) or coarser, PROTOCOL 7. */
export function isRegistrableCell(text: string): boolean {
  const resolution = cellResolution(text)
  return resolution !== undefined && resolution <= cellResolutionMax
}

/**
 * The cell of that resolution which holds a cell; the cell itself where it is no finer. `text`: a
 * cell that `cellResolution` knows.
 */
export function cellParent(text: string, resolution: number): string {
  const own = cellResolution(text)
  assert(own !== undefined, 'a cell is an H3 index')
  if (own <= resolution) return text
  const below = (1n << BigInt(3 * (digitCount - resolution))) - 1n
  const cleared = BigInt(`0x${text}`) & ~(15n << 52n)
  return (cleared | (BigInt(resolution) << 52n) | below).toString(16)
}
