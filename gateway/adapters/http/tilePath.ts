/** Names of hash tiles in addresses: C2SP tlog-tiles, `/tile/<L>/<N>[.p/<W>]`. */

export interface TileName {
  level: number
  index: number
  /** Hashes in it, 1..256; 256 is a full tile. */
  width: number
}

/** `0/x001/x234/067.p/12` > level 0, index 1234067, width 12; `undefined` for any other form. */
export function parseTilePath(path: string): TileName | undefined {
  const form = /^([0-9]{1,2})\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path)
  if (form === null) return undefined
  const [, levelText, indexText, widthText] = form
  // One name per tile: no leading zeros in level and width, no leading `x000`.
  if (!isPlain(levelText!) || indexText!.startsWith('x000')) return undefined
  if (widthText !== undefined && (!isPlain(widthText) || widthText === '0')) return undefined
  const width = widthText === undefined ? 256 : Number(widthText)
  const level = Number(levelText)
  if (level > 63 || (widthText !== undefined && width > 255)) return undefined
  return { level, index: Number(indexText!.replaceAll(/[x/]/g, '')), width }
}

function isPlain(text: string): boolean {
  return text === '0' || !text.startsWith('0')
}
