/**
 * The whole configuration, read once (PROTOCOL 10). A flag wins over the environment, that over the
 * file, that over the default. Everything that is wrong is named at once, each with where it stands.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { configFileVariable, readEnvironment } from './config/environment.js'
import { type ConfigKey, configKeys, flagName, readValue } from './config/keys.js'
import { type Config, contradictionsIn, type Key, pathKeys } from './config/schema.js'
import { emptyTree, getAt, type Layer, leaves, merge, originOf, setAt } from './config/tree.js'
import { Failure } from './core/failure.js'

export type { Config } from './config/schema.js'

export interface ConfigSources {
  /** Values by dotted path, as `{ 'http.port': 8485 }`; `undefined` counts as absent. */
  flags?: Readonly<Record<string, unknown>>
  env?: Readonly<Record<string, string | undefined>>
  /** Path of the YAML file; absent: `FIELDPROOF_CONFIG`, else `fieldproof.yaml` here if there is one. */
  file?: string | undefined
}

/**
 * Resolves with the configuration: durations in seconds, amounts as bigint, paths absolute. Rejects
 * with Failure('config') that lists every unknown key and bad value with its file and line, variable
 * or flag.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const env = sources.env ?? {}
  const keys = configKeys()
  const file = configFileOf(sources)
  const fromFile =
    file === undefined ? undefined : (await import('./config/file.js')).readConfigFile(file, keys)
  const fromEnv = readEnvironment(env, keys)
  const layers = [fromEnv.layer, readFlags(sources.flags ?? {}, keys)]
  const merged = merge(fromFile === undefined ? layers : [fromFile.layer, ...layers])
  const at = (path: string, complaint: string): string => {
    const origin = originOf(merged.origins, path) ?? file
    return `${origin === undefined ? '' : `${origin}: `}${path}: ${complaint}`
  }
  const { config, problems } = valuesOf(merged, keys, at)
  const all = [...(fromFile?.problems ?? []), ...fromEnv.problems, ...problems]
  if (all.length > 0) throw wrong(all)
  const contradictions = contradictionsIn(config)
  if (contradictions.length > 0) throw wrong(contradictions.map((one) => at(...one)))
  return withAbsolutePaths(config)
}

/** The YAML file that `loadConfig` reads, or `undefined` where there is none. */
export function configFileOf({ file, env = {} }: ConfigSources): string | undefined {
  const named = file ?? (env[configFileVariable] || undefined)
  if (named !== undefined) return named
  return existsSync('fieldproof.yaml') ? 'fieldproof.yaml' : undefined
}

function readFlags(flags: Readonly<Record<string, unknown>>, keys: readonly ConfigKey[]): Layer {
  const layer: Layer = { tree: emptyTree(), origins: new Map() }
  const known = new Map(keys.map(({ path, key }) => [path, key]))
  for (const [path, value] of Object.entries(flags)) {
    if (value === undefined) continue
    setAt(layer.tree, path, typeof value === 'string' ? readValue(value, known.get(path)) : value)
    layer.origins.set(path, flagName(path))
  }
  return layer
}

/** Reads every key, or its default. Without problems the tree is a whole `Config`. */
function valuesOf(
  merged: Layer,
  keys: readonly ConfigKey[],
  at: (path: string, complaint: string) => string,
): { config: Config; problems: string[] } {
  const tree = emptyTree()
  const problems: string[] = []
  const known = new Map(keys.map(({ path, key }) => [path, key]))
  for (const { path } of leaves(merged.tree)) {
    if (known.get(path) !== undefined || isInMap(path, known)) continue
    problems.push(at(path, known.has(path) ? 'expected keys with values' : 'no such key'))
  }
  for (const { path, key } of keys) {
    const given = getAt(merged.tree, path)
    const written = given === undefined ? key?.fallback : given
    if (key === undefined) setAt(tree, path, emptyTree())
    else if (written !== undefined) {
      const value = key.kind.read(written)
      if (value === undefined) problems.push(at(path, `expected ${key.kind.expected}`))
      else setAt(tree, path, value)
    }
  }
  return { config: tree as unknown as Config, problems }
}

/** Whether a path is below a key whose value is a map: the key judges it. */
function isInMap(path: string, known: ReadonlyMap<string, Key<unknown> | undefined>): boolean {
  const parts = path.split('.')
  return parts.some((_, i) => known.get(parts.slice(0, i).join('.')) !== undefined)
}

function wrong(problems: readonly string[]): Failure {
  const lines = problems.map((problem) => `  ${problem}`)
  return new Failure('config', `the configuration is wrong:\n${lines.join('\n')}`)
}

function withAbsolutePaths(config: Config): Config {
  for (const path of pathKeys) {
    const value = getAt(config, path)
    if (typeof value === 'string') setAt(config, path, resolve(value))
  }
  return config
}
