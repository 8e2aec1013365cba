/** Configuration from environment variables (PROTOCOL 10): `FIELDPROOF_MQTT__PORT=1884`. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../core/failure.js'
import { type ConfigKey, envName, parseJson, readValue } from './keys.js'
import { nearest } from './nearest.js'
import { emptyTree, isTree, type Layer, leaves, setAt } from './tree.js'

/** Variables with the prefix that are no key of the configuration. */
export const configFileVariable = 'FIELDPROOF_CONFIG'
export const buyerTokenVariable = 'FIELDPROOF_TOKEN'
const otherVariables: readonly string[] = [configFileVariable, buyerTokenVariable]

/** Reads every `FIELDPROOF_` variable; a section may be given whole as JSON, its keys win over it. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  keys: readonly ConfigKey[],
): { layer: Layer; problems: string[] } {
  const layer: Layer = { tree: emptyTree(), origins: new Map() }
  const problems: string[] = []
  const known = new Map(keys.map((key) => [envName(key.path), key]))
  const sectionsFirst = Object.keys(env)
    .filter((name) => name.startsWith('FIELDPROOF_') && !otherVariables.includes(name))
    .sort((a, b) => Number(isSection(known, b)) - Number(isSection(known, a)) || (a < b ? -1 : 1))
  for (const name of sectionsFirst) {
    const text = env[name]
    if (text === undefined) continue
    const problem = readVariable(name, text, known, layer)
    if (problem !== undefined) problems.push(problem)
  }
  return { layer, problems }
}

function isSection(known: ReadonlyMap<string, ConfigKey>, name: string): boolean {
  return known.has(name) && known.get(name)?.key === undefined
}

function readVariable(
  name: string,
  text: string,
  known: ReadonlyMap<string, ConfigKey>,
  layer: Layer,
): string | undefined {
  const named = known.get(name)
  if (named?.key) return place(layer, named.path, name, readValue(text, named.key))
  if (named) return readSection(name, text, named, layer)
  const fileKey = name.endsWith('_FILE') ? known.get(name.slice(0, -5)) : undefined
  if (fileKey?.key?.secret) return readSecret(name, text, fileKey, layer)
  const meant = nearest(name, [...known.keys()])
  return `${name}: no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function place(layer: Layer, path: string, name: string, value: unknown): undefined {
  setAt(layer.tree, path, value)
  layer.origins.set(path, name)
}

function readSection(
  name: string,
  text: string,
  { path }: ConfigKey,
  layer: Layer,
): string | undefined {
  const value = parseJson(text)
  if (!isTree(value)) return `${name}: expected a map as JSON, such as {"port":1884}`
  for (const leaf of leaves(value)) place(layer, `${path}.${leaf.path}`, name, leaf.value)
  return undefined
}

/** One newline at the end belongs to the editor, not to the secret. */
function readSecret(
  name: string,
  file: string,
  { path }: ConfigKey,
  layer: Layer,
): string | undefined {
  try {
    return place(layer, path, name, readFileSync(resolve(file), 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return `${name}: cannot read the secret's file: ${messageOf(error)}`
  }
}
