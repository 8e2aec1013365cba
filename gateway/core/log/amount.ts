/** Money: base units of a token as decimal text, for a JSON number cannot hold them (PROTOCOL 1). */
import { amountDigitsMax } from '../limits.js'

/** The amount of a text without sign, spaces or leading zeros, below 2^256; else `undefined`. */
export function parseAmount(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || text.length > amountDigitsMax) return undefined
  if (!/^(0|[1-9][0-9]*)$/.test(text)) return undefined
  const amount = BigInt(text)
  return amount < 1n << 256n ? amount : undefined
}
