/**
 * A second CBOR reader and writer, written straight from RFC 8949 and sharing nothing with the
 * walker or cbor-x. It reads leniently into a tree, and takes bytes for deterministic exactly where
 * writing that tree again in section 4.2.1's form gives the same bytes.
 */

/** What an item is, with integers of any size. */
export type Tree =
  | { kind: 'int'; value: bigint }
  | { kind: 'bytes'; value: Uint8Array }
  | { kind: 'text'; value: string }
  | { kind: 'array'; items: Tree[] }
  | { kind: 'map'; pairs: [Tree, Tree][] }
  | { kind: 'tag'; tag: bigint; item: Tree }

const largest = 2n ** 53n - 1n

/** Made once: most inputs are refused, and a stack trace each time costs more than the reading. */
export const refused = new Error('refused')

function must(condition: boolean): void {
  if (!condition) throw refused
}

/** The tree of exactly one item that PROTOCOL 2 allows; throws otherwise. */
export function oracleDecode(bytes: Uint8Array): Tree {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
  const tree = readItem(reader, 0)
  must(reader.at === bytes.length)
  const again = oracleEncode(tree)
  must(again.length === bytes.length && again.every((byte, i) => byte === bytes[i]))
  return tree
}

interface Reader {
  view: DataView
  at: number
}

function readItem(reader: Reader, containers: number): Tree {
  const initial = nextByte(reader)
  const major = initial >> 5
  const argument = readArgument(reader, initial & 0x1f)
  if (major <= 1) {
    const value = major === 0 ? argument : -1n - argument
    must(value <= largest && value >= -largest)
    return { kind: 'int', value }
  }
  if (major === 2) return { kind: 'bytes', value: readBytes(reader, argument) }
  if (major === 3) return { kind: 'text', value: readText(reader, argument) }
  must(major < 7 && containers < 6)
  if (major === 4) return { kind: 'array', items: readItems(reader, argument, containers + 1) }
  if (major === 5) return { kind: 'map', pairs: readPairs(reader, argument, containers + 1) }
  must(argument === 4n || (argument === 18n && containers === 0))
  return { kind: 'tag', tag: argument, item: readItem(reader, containers + 1) }
}

function nextByte(reader: Reader): number {
  must(reader.at < reader.view.byteLength)
  return reader.view.getUint8(reader.at++)
}

function readArgument(reader: Reader, info: number): bigint {
  if (info < 24) return BigInt(info)
  must(info <= 27)
  let value = 0n
  for (let i = 0; i < 2 ** (info - 24); i++) value = value * 256n + BigInt(nextByte(reader))
  return value
}

function readBytes(reader: Reader, length: bigint): Uint8Array {
  must(length <= BigInt(reader.view.byteLength - reader.at))
  const start = reader.view.byteOffset + reader.at
  reader.at += Number(length)
  return new Uint8Array(reader.view.buffer.slice(start, start + Number(length)))
}

function readText(reader: Reader, length: bigint): string {
  const bytes = readBytes(reader, length)
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  must(!text.startsWith('\ufeff'))
  return text
}

function readItems(reader: Reader, count: bigint, containers: number): Tree[] {
  const items: Tree[] = []
  for (let i = 0n; i < count; i++) items.push(readItem(reader, containers))
  return items
}

function readPairs(reader: Reader, count: bigint, containers: number): [Tree, Tree][] {
  const pairs: [Tree, Tree][] = []
  for (let i = 0n; i < count; i++)
    pairs.push([readItem(reader, containers), readItem(reader, containers)])
  const keys = new Set(pairs.map(([key]) => hexOf(oracleEncode(key))))
  must(keys.size === pairs.length)
  return pairs
}

/** Section 4.2.1: shortest heads, pairs in the order of their encoded keys. */
export function oracleEncode(tree: Tree): Uint8Array {
  return Uint8Array.from(write(tree))
}

function write(tree: Tree): number[] {
  switch (tree.kind) {
    case 'int':
      return tree.value >= 0n ? head(0, tree.value) : head(1, -1n - tree.value)
    case 'bytes':
      return [...head(2, BigInt(tree.value.length)), ...tree.value]
    case 'text': {
      const bytes = new TextEncoder().encode(tree.value)
      return [...head(3, BigInt(bytes.length)), ...bytes]
    }
    case 'array':
      return [...head(4, BigInt(tree.items.length)), ...tree.items.flatMap(write)]
    case 'map': {
      // Lower-case hex sorts like the bytes it stands for.
      const pairs = tree.pairs.map(([key, value]) => ({ key: write(key), value: write(value) }))
      pairs.sort((a, b) => (hexOf(a.key) < hexOf(b.key) ? -1 : 1))
      return [
        ...head(5, BigInt(pairs.length)),
        ...pairs.flatMap(({ key, value }) => [...key, ...value]),
      ]
    }
    case 'tag':
      return [...head(6, tree.tag), ...write(tree.item)]
  }
}

function head(major: number, argument: bigint): number[] {
  if (argument < 24n) return [major * 32 + Number(argument)]
  const width = argument < 2n ** 8n ? 1 : argument < 2n ** 16n ? 2 : argument < 2n ** 32n ? 4 : 8
  const digits = argument.toString(16).padStart(2 * width, '0')
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
  return [major * 32 + 24 + Math.log2(width), ...bytes]
}

function hexOf(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
