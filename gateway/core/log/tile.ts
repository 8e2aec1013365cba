/** Paths of hash tiles (C2SP tlog-tiles): `tile/<L>/<N>[.p/<W>]`. */
import { assert } from '../failure.js'
import { tileWidth } from './tree.js'

/** A run of hashes: the first `width` of the 256 from `index` * 256 of a level. */
export interface Tile {
  /** 0..63. */
  level: number
  /** From 0. */
  index: number
  /** 1..256; 256 is a full tile. */
  width: number
}

const levelMax = 63

/** The path of a tile, without a leading slash. */
export function formatTile(tile: Tile): string {
  const { level, index, width } = tile
  assert(isWithin(level, 0, levelMax) && isWithin(width, 1, tileWidth), 'a tile is in its range')
  assert(isWithin(index, 0, Number.MAX_SAFE_INTEGER), 'a tile has an index')
  let path = String(index % 1000).padStart(3, '0')
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`
}

/** The tile that a path names, without a leading slash; `undefined` where it is not such a path. */
export function parseTile(path: string): Tile | undefined {
  const match = /^tile\/([0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(
    path,
  )
  if (match === null) return undefined
  const level = Number(match[1])
  const index = Number(match[2]!.replace(/[x/]/g, ''))
  const width = match[3] === undefined ? tileWidth : Number(match[3])
  if (!isWithin(level, 0, levelMax) || !isWithin(width, 1, tileWidth)) return undefined
  if (!Number.isSafeInteger(index)) return undefined
  const tile = { level, index, width }
  // One path per tile: no superfluous zeros, and a full tile has no `.p/256`.
  return formatTile(tile) === path ? tile : undefined
}

function isWithin(n: number, min: number, max: number): boolean {
  return Number.isSafeInteger(n) && n >= min && n <= max
}
