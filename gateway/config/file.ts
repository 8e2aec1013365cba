/** Configuration from a YAML 1.2 file, with the line of every key. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { Failure, messageOf } from '../core/failure.js'
import { configBytesMax } from '../core/limits.js'
import type { ConfigKey } from './keys.js'
import { nearest } from './nearest.js'
import { pathKeys } from './schema.js'
import { emptyTree, getAt, type Layer, setAt } from './tree.js'

/**
 * Reads a file. Relative paths in it are taken from its own folder, so that it means the same from
 * wherever the gateway is started. Rejects with Failure('config') where it cannot be read at all.
 */
export function readConfigFile(
  file: string,
  keys: readonly ConfigKey[],
): { layer: Layer; problems: string[] } {
  const text = readText(file)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    intAsBigInt: true,
    prettyErrors: false,
  })
  const lineOf = (node: unknown): string => {
    const at = (isNode(node) ? node.range?.[0] : undefined) ?? 0
    return `${file}:${lines.linePos(at).line}`
  }
  const syntax = document.errors.map(
    (error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`,
  )
  if (syntax.length > 0)
    return { layer: { tree: emptyTree(), origins: new Map() }, problems: syntax }
  const reader = new Reader(keys, lineOf)
  reader.section(document.contents, '')
  for (const path of pathKeys) {
    const value = getAt(reader.layer.tree, path)
    if (typeof value === 'string' && value !== '')
      setAt(reader.layer.tree, path, resolve(dirname(file), value))
  }
  return reader
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= configBytesMax) return bytes.toString('utf8')
  } catch (error) {
    throw new Failure(
      'config',
      `cannot read the configuration ${file}: ${messageOf(error)}; name another with --config`,
    )
  }
  throw new Failure(
    'config',
    `${file} is larger than ${configBytesMax} bytes; is it the right file?`,
  )
}

class Reader {
  readonly layer: Layer = { tree: emptyTree(), origins: new Map() }
  readonly problems: string[] = []
  private readonly known: ReadonlyMap<string, ConfigKey>
  private readonly lineOf: (node: unknown) => string

  constructor(keys: readonly ConfigKey[], lineOf: (node: unknown) => string) {
    this.known = new Map(keys.map((key) => [key.path, key]))
    this.lineOf = lineOf
  }

  /** An empty section or key (`null`) counts as absent, so that its lines can be commented out. */
  section(node: unknown, prefix: string): void {
    if (node === null || (isScalar(node) && node.value === null)) return
    if (!isMap(node)) {
      const name = prefix === '' ? 'the file' : prefix.slice(0, -1)
      this.problems.push(`${this.lineOf(node)}: ${name}: expected keys with values`)
      return
    }
    for (const { key, value } of node.items) this.pair(key, value, prefix)
  }

  private pair(key: unknown, value: unknown, prefix: string): void {
    const name = isScalar(key) ? String(key.value) : '?'
    const path = prefix + name
    const known = name.includes('.') ? undefined : this.known.get(path)
    if (known === undefined)
      this.problems.push(`${this.lineOf(key)}: ${this.unknown(name, prefix)}`)
    else if (isAlias(value))
      this.problems.push(`${this.lineOf(value)}: ${path}: aliases are not supported`)
    else if (known.key === undefined) this.section(value, `${path}.`)
    else if (value !== null && !(isScalar(value) && value.value === null)) {
      setAt(this.layer.tree, path, plain(value))
      this.layer.origins.set(path, this.lineOf(key))
    }
  }

  private unknown(name: string, prefix: string): string {
    const siblings = [...this.known.keys()].filter(
      (path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'),
    )
    const meant = nearest(prefix + name, siblings) ?? this.elsewhere(name)
    return `${prefix}${name}: no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`
  }

  private elsewhere(name: string): string | undefined {
    return [...this.known.keys()].find((path) => path === name || path.endsWith(`.${name}`))
  }
}

/** A value without its YAML: whole numbers beyond 2^53 as decimal text, which amounts take. */
function plain(node: unknown): unknown {
  if (isSeq(node)) return node.items.map(plain)
  if (isMap(node))
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(plain(key)), plain(value)]),
    )
  if (!isScalar(node)) return isNode(node) ? node.toJSON() : undefined
  const { value } = node
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}
