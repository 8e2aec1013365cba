/** Copies of the configuration's schema (gateway/config/schema.ts): the table of config.md, JSON Schema. */
import * as z from 'zod'
import { configKeys, envName } from '../gateway/config/keys.js'
import { configSchema } from '../gateway/config/schema.js'

interface Node {
  default?: unknown
  properties?: Record<string, Node>
}

/** JSON Schema of the YAML file: editors check and complete it as one types. */
export function configJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' }) as {
    $schema: string
  }
  return { $schema, title: 'FieldProof configuration', ...rest }
}

/** Every key with its variable, default and meaning, section by section. */
export function configTable(): string {
  const root = configJsonSchema() as Node
  const rows = configKeys()
    .filter((key) => !key.section)
    .map(({ path, description }) => {
      const text = `${description}`.replaceAll('|', '\\|')
      return `| \`${path}\` | ${defaultOf(root, path)} | ${text} | \`${envName(path)}\` |\n`
    })
  return `| key | default | meaning | variable |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

function defaultOf(root: Node, path: string): string {
  let node: Node | undefined = root
  for (const part of path.split('.')) node = node?.properties?.[part]
  const value = node?.default
  if (value === undefined) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
