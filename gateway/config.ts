/**
 * The whole configuration, read once (PROTOCOL 10). A flag wins over the environment, that over the
 * file, that over the default. Everything that is wrong is named at once, each with where it stands.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type * as z from 'zod'
import { configFileVariable, readEnvironment } from './config/environment.js'
import { type ConfigKey, configKeys, flagName, readValue } from './config/keys.js'
import { type Config, configSchema, pathKeys } from './config/schema.js'
import { emptyTree, getAt, type Layer, merge, originOf, setAt } from './config/tree.js'
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
  const result = configSchema.safeParse(merged.tree)
  const problems = [
    ...(fromFile?.problems ?? []),
    ...fromEnv.problems,
    ...(result.success
      ? []
      : result.error.issues.flatMap((issue) => complaints(issue, merged, file))),
  ]
  if (problems.length > 0 || !result.success)
    throw new Failure('config', `the configuration is wrong:\n${indent(problems)}`)
  return withAbsolutePaths(result.data)
}

/** The YAML file that `loadConfig` reads, or `undefined` where there is none. */
export function configFileOf({ file, env = {} }: ConfigSources): string | undefined {
  const named = file ?? (env[configFileVariable] || undefined)
  if (named !== undefined) return named
  return existsSync('fieldproof.yaml') ? 'fieldproof.yaml' : undefined
}

function readFlags(flags: Readonly<Record<string, unknown>>, keys: readonly ConfigKey[]): Layer {
  const layer: Layer = { tree: emptyTree(), origins: new Map() }
  const known = new Map(keys.map((key) => [key.path, key]))
  for (const [path, value] of Object.entries(flags)) {
    if (value === undefined) continue
    setAt(layer.tree, path, typeof value === 'string' ? readValue(value, known.get(path)) : value)
    layer.origins.set(path, flagName(path))
  }
  return layer
}

function complaints(issue: z.core.$ZodIssue, merged: Layer, file: string | undefined): string[] {
  const path = issue.path.join('.')
  const at = (where: string, what: string): string => {
    const origin = originOf(merged.origins, where) ?? file
    return `${origin === undefined ? '' : `${origin}: `}${where}: ${what}`
  }
  if (issue.code !== 'unrecognized_keys') return [at(path, lowerFirst(wording(issue)))]
  return issue.keys.map((key) => at(path === '' ? key : `${path}.${key}`, 'no such key'))
}

/** Of a key that takes several forms, what each of them expects. */
function wording(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message
  const each = issue.errors.map((errors) => errors[0]?.message ?? '').filter((text) => text !== '')
  return each.length === 0 ? issue.message : each.map(lowerFirst).join(', or ')
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

function indent(problems: readonly string[]): string {
  return problems.map((problem) => `  ${problem}`).join('\n')
}

function withAbsolutePaths(config: Config): Config {
  for (const path of pathKeys) {
    const value = getAt(config, path)
    if (typeof value === 'string') setAt(config, path, resolve(value))
  }
  return config
}
