/**
 * Writes every copy of the single sources: TypeScript tables and tables of the pages from
 * metrics.json and reasons.json, the firmware's C header from these and labels.json, JSON Schemas and the AsyncAPI document from jsonFormats.ts, vectors from vectors/*.ts.
 * `--check` writes nothing and exits 1 when a copy is stale.
 *
 *   node dist/schemas/generate.js [--check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asyncapiFile } from './asyncapi.js'
import { configJsonSchema, configTable } from './config.js'
import { firmwareHeader, type LabelRow } from './firmware.js'
import { jsonSchemaFiles } from './jsonFormats.js'
import {
  type MetricRow,
  metricsTable,
  type ReasonRow,
  reasonsTable,
  releaseTable,
  withPart,
} from './pages.js'
import { vectorFiles } from './vectors/generate.js'

/** A generated file: path from the project's root, and what it must contain. */
export interface Generated {
  path: string
  text: string
}

const root = findRoot()

/** The project's folder, whichever build folder this runs from. */
function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function typeScriptTable(source: string, name: string, rows: readonly unknown[]): string {
  return [
    `// Generated from schemas/${source} by schemas/generate.ts; edit the source, then \`npm run generate\`.`,
    `export const ${name} = [`,
    ...rows.map((row) => `  ${JSON.stringify(row)},`),
    '] as const\n',
  ].join('\n')
}

/** Every generated file. */
export function generated(): Generated[] {
  const { metrics } = JSON.parse(read('schemas/metrics.json')) as { metrics: MetricRow[] }
  const { reasons } = JSON.parse(read('schemas/reasons.json')) as { reasons: ReasonRow[] }
  const { labels } = JSON.parse(read('schemas/labels.json')) as { labels: LabelRow[] }
  const metricsPage = withPart(read('schemas/metrics.md'), 'metrics', metricsTable(metrics))
  return [
    {
      path: 'gateway/core/metrics.gen.ts',
      text: typeScriptTable('metrics.json', 'metricTable', metrics),
    },
    {
      path: 'gateway/core/reasons.gen.ts',
      text: typeScriptTable('reasons.json', 'reasonTable', reasons),
    },
    {
      path: 'devices/arduino/FieldProof/src/fp_tables.h',
      text: firmwareHeader(metrics, reasons, labels),
    },
    {
      path: 'schemas/metrics.md',
      text: withPart(metricsPage, 'release', releaseTable(metrics)),
    },
    {
      path: 'schemas/judgement.md',
      text: withPart(read('schemas/judgement.md'), 'reasons', reasonsTable(reasons)),
    },
    {
      path: 'schemas/config.md',
      text: withPart(read('schemas/config.md'), 'keys', configTable()),
    },
    {
      path: 'schemas/json/config.schema.json',
      text: `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
    },
    ...jsonSchemaFiles(),
    asyncapiFile(),
    ...vectorFiles(),
  ]
}

function main(): void {
  const isCheck = process.argv.includes('--check')
  for (const { path, text } of generated()) {
    if (!isCheck) writeFileSync(join(root, path), text)
    else if (read(path) !== text) {
      console.error(`${path} is stale: run \`npm run generate\``)
      process.exitCode = 1
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
