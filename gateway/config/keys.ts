/** The configuration's keys, read off the schema: dotted path, schema of the value, and its names. */
import * as z from 'zod'
import { configSchema } from './schema.js'

export interface ConfigKey {
  /** `mqtt.tls.port` */
  readonly path: string
  /** Schema of the value there, with its default. */
  readonly schema: z.ZodType
  /** True where it has keys of its own. */
  readonly section: boolean
  /** True where the value is a password: never shown, and readable from a file. */
  readonly secret: boolean
  readonly description: string
}

/** Every key and section, in the order of the schema. */
export function configKeys(): ConfigKey[] {
  return keysOf(configSchema, '')
}

function keysOf(schema: z.ZodType, prefix: string): ConfigKey[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, value]) => {
    const path = prefix + name
    const section = shapeOf(value) !== undefined
    const own: ConfigKey = {
      path,
      schema: value,
      section,
      secret: isSecret(value),
      description: value.description ?? '',
    }
    return [own, ...keysOf(value, `${path}.`)]
  })
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  const inner = bare(schema)
  return inner instanceof z.ZodObject ? (inner.shape as Record<string, z.ZodType>) : undefined
}

function bare(schema: z.ZodType): z.ZodType {
  let inner = schema
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional
  )
    inner = inner.unwrap() as z.ZodType
  return inner
}

function isSecret(schema: z.ZodType): boolean {
  return bare(schema).meta()?.secret === true
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
export function readValue(text: string, key: ConfigKey | undefined): unknown {
  if (key === undefined || key.schema.safeParse(text).success) return text
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
