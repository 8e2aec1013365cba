/** What a gateway publishes, wherever it is read from: a gateway's HTTP address, or a folder of copies. */
import { fromB64u } from '../../core/bytes.js'
import { Failure } from '../../core/failure.js'
import { formatTile } from '../../core/log/tile.js'
import { type HashReader, hashBytes, tileWidth } from '../../core/log/tree.js'

export interface Published {
  /** Where it is, for people. */
  readonly place: string
  /** Whether more may be published there while it is read. */
  readonly isLive: boolean
  /** Numbers of the closed epochs that are here, ascending. */
  epochs(): Promise<number[]>
  /**
   * A published file by its path (PROTOCOL 9) without the leading slash; `undefined` where it is not
   * here. Rejects with a Failure where it cannot be read.
   */
  read(path: string): Promise<Uint8Array | undefined>
}

/** Who signs what is published. */
export interface PublishedGateway {
  readonly network: string
  readonly key: Uint8Array
}

/** The text of a published file; `undefined` where it is not here. */
export async function readText(source: Published, path: string): Promise<string | undefined> {
  const bytes = await source.read(path)
  if (bytes === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Failure('check', `${path} of ${source.place} is not UTF-8`)
  }
}

/** The same of a file without which there is nothing to check. */
export async function needText(source: Published, path: string): Promise<string> {
  const text = await readText(source, path)
  if (text === undefined) throw new Failure('usage', `${source.place} has no ${path}`)
  return text
}

/** Network and key of `gateway.json`. Rejects with Failure('usage') where there is none. */
export async function gatewayOf(source: Published): Promise<PublishedGateway> {
  const text = await needText(source, 'gateway.json')
  let fields: { network?: unknown; key?: unknown }
  try {
    fields = JSON.parse(text)
  } catch {
    fields = {}
  }
  const key = typeof fields?.key === 'string' ? fromB64u(fields.key) : undefined
  if (key?.length !== 32 || typeof fields.network !== 'string')
    throw new Failure('check', `gateway.json of ${source.place} does not name a network and a key`)
  return { network: fields.network, key }
}

/** Hashes of the tree of `size` leaves, from published tiles; each tile is read once. */
export function tileReader(source: Published, size: number): HashReader {
  const tiles = new Map<string, Promise<Uint8Array>>()
  const tileAt = (level: number, index: number): Promise<Uint8Array> => {
    const held = Math.floor(size / tileWidth ** level) - index * tileWidth
    const path = formatTile({ level, index, width: Math.min(tileWidth, held) })
    const known = tiles.get(path)
    if (known !== undefined) return known
    const loaded = source.read(path).then((bytes) => {
      if (bytes === undefined) throw new Failure('check', `${source.place} has no ${path}`)
      if (bytes.length !== hashBytes * Math.min(tileWidth, held))
        throw new Failure('check', `${path} of ${source.place} is not as long as its name says`)
      return bytes
    })
    tiles.set(path, loaded)
    return loaded
  }
  return async (level, start, count) => {
    const out = new Uint8Array(count * hashBytes)
    for (let at = start; at < start + count; ) {
      const index = Math.floor(at / tileWidth)
      const end = Math.min(start + count, (index + 1) * tileWidth)
      const tile = await tileAt(level, index)
      const from = at - index * tileWidth
      out.set(
        tile.subarray(from * hashBytes, (from + end - at) * hashBytes),
        (at - start) * hashBytes,
      )
      at = end
    }
    return out
  }
}
