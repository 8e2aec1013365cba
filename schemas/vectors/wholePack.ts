/** Packs of an exact size, for the limit of 2,048 bytes. */
import { concat } from '../../gateway/core/bytes.js'
import { record, vectorTime } from './message.js'
import { fraction, head, int, tstr } from './raw.js'

/** Decimal fractions of 9 decimals within the range of pm25, by the bytes their mantissa takes. */
const mantissas = [7, 77, 777, 77_777, 77_777_777_777] as const
const extraBytes = [0, 1, 2, 4, 8] as const

/**
 * A good pack of 64 records and exactly this many bytes. What the shortest records leave is filled
 * by longer mantissas.
 */
export function packOfBytes(bytes: number): Uint8Array {
  const widths = new Array<number>(64).fill(0)
  const missing = bytes - packOf(widths).length
  let left = missing
  for (let i = 0; left > 0 && i < 64; i++) {
    const width = extraBytes.findLastIndex((extra) => extra <= left)
    widths[i] = width
    left -= extraBytes[width]!
  }
  const pack = packOf(widths)
  if (pack.length !== bytes) throw new Error(`no pack of ${bytes} bytes`)
  return pack
}

/** Records at times of their own, long ones, all within a week before the first. */
function packOf(widths: readonly number[]): Uint8Array {
  const records = widths.map((width, i) => {
    const value = fraction(-9, mantissas[width]!)
    const name: [number, Uint8Array] = [0, tstr('pm25')]
    const unit: [number, Uint8Array] = [1, tstr('ug/m3')]
    return i === 0
      ? record(name, unit, [2, value], [-1, int(26)], [-3, int(vectorTime)])
      : record(name, unit, [2, value], [6, int(-70_000 - i)])
  })
  return concat(head(4, records.length), ...records)
}
