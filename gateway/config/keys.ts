/** The configuration's keys, read off the schema: dotted path, form of the value, and its names. */
import { configSchema, Key, type Section } from './schema.js'

export interface ConfigKey {
  /** `mqtt.tls.port` */
  readonly path: string
  /** What it takes; `undefined` where it is a section, which has keys of its own. */
  readonly key: Key<unknown> | undefined
}

/** Every key and section, in the order of the schema. */
export function configKeys(): ConfigKey[] {
  return keysOf(configSchema, '')
}

function keysOf(section: Section, prefix: string): ConfigKey[] {
  return Object.entries(section).flatMap(([name, value]) => {
    const path = prefix + name
    if (value instanceof Key) return [{ path, key: value }]
    return [{ path, key: undefined }, ...keysOf(value, `${path}.`)]
  })
}

/** `mqtt.tls.port` > `FIELDPROOF_MQTT__TLS__PORT`. */
export function envName(path: string): string {
  return `FIELDPROOF_${path
    .split('.')
    .map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
    .join('__')}`
}

/** `mqtt.tls.port` > `--mqtt-tls-port`. */
export function flagName(path: string): string {
  return `--${path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** What a text means for a key: itself where the key takes it, else what it is as JSON. */
export function readValue(text: string, key: Key<unknown> | undefined): unknown {
  if (key === undefined || key.kind.read(text) !== undefined) return text
  return parseJson(text) ?? text
}

/** The value, or `undefined` where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
