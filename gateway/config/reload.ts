/** SIGHUP: which changes of the configuration a running gateway takes over, and which wait for its next start. */
import type { Config, Section } from './schema.js'
import { configSchema, Key } from './schema.js'
import { getAt, setAt, type Tree } from './tree.js'

/** Keys that are read anew whenever they are used. */
export const reloadableKeys: readonly string[] = [
  'logging.level',
  'enrolment.open',
  'devices.interval',
  'retention.raw',
  'backup.at',
  'backup.keep',
  'backup.key',
]

export interface Reloaded {
  /** Keys whose new value holds now. */
  applied: string[]
  /** Keys whose new value holds from the next start on. */
  needRestart: string[]
}

/** Takes over into `config` what can be; says which keys differ. Values are never named: some are secret. */
export function applyReload(config: Config, next: Config): Reloaded {
  const reloaded: Reloaded = { applied: [], needRestart: [] }
  for (const path of pathsOf(configSchema)) {
    const value = getAt(next as unknown as Tree, path)
    if (textOf(getAt(config as unknown as Tree, path)) === textOf(value)) continue
    const isApplied = reloadableKeys.includes(path)
    if (isApplied) setAt(config as unknown as Tree, path, value)
    reloaded[isApplied ? 'applied' : 'needRestart'].push(path)
  }
  return reloaded
}

function pathsOf(section: Section, prefix = ''): string[] {
  return Object.entries(section).flatMap(([name, inner]) =>
    inner instanceof Key ? [prefix + name] : pathsOf(inner, `${prefix}${name}.`),
  )
}

function textOf(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  )
}
