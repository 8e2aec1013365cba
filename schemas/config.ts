/** Copies of the configuration's schema (gateway/config/schema.ts): the table of config.md, JSON Schema. */
import { configKeys, envName } from '../gateway/config/keys.js'
import { configSchema, Key, type Section } from '../gateway/config/schema.js'

/** JSON Schema of the YAML file: editors check and complete it as one types. */
export function configJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'FieldProof configuration',
    ...jsonOf(configSchema),
  }
}

function jsonOf(node: Key<unknown> | Section): object {
  if (node instanceof Key) {
    const { kind, about, fallback, secret } = node
    return {
      description: about,
      ...kind.json,
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(secret ? { writeOnly: true } : {}),
    }
  }
  const properties = Object.entries(node).map(([name, inner]) => [name, jsonOf(inner)])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  }
}

/** Every key with its variable, default and meaning, section by section. */
export function configTable(): string {
  const rows = configKeys().map(({ path, key }) => {
    if (key === undefined) return ''
    const about = key.about.replaceAll('|', '\\|')
    const fallback = key.fallback === undefined ? '' : `\`${shown(key.fallback)}\``
    return `| \`${path}\` | ${fallback} | ${about} | \`${envName(path)}\` |\n`
  })
  return `| key | default | meaning | variable |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

/** Lists and maps as they are written in a variable. */
function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
