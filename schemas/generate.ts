/**
 * Writes the TypeScript copies of the single sources in this folder:
 * metrics.json and reasons.json. `--check` exits 1 when a copy is stale.
 *
 *   node dist/schemas/generate.js [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL(import.meta.url.includes('/dist/') ? '../../' : '../', import.meta.url)
const banner = (source: string): string =>
  `// Generated from schemas/${source} by schemas/generate.ts; edit the source, then \`npm run generate\`.\n`

function readJson(path: string): Record<string, unknown[]> {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'))
}

function rows(values: unknown[]): string {
  return values.map((value) => `  ${JSON.stringify(value)},`).join('\n')
}

/** The generated files: path from the project's root, and what it must contain. */
export function generated(): { path: string; text: string }[] {
  const metrics = readJson('schemas/metrics.json').metrics ?? []
  const reasons = readJson('schemas/reasons.json').reasons ?? []
  return [
    {
      path: 'gateway/core/metrics.gen.ts',
      text: `${banner('metrics.json')}export const metricTable = [\n${rows(metrics)}\n] as const\n`,
    },
    {
      path: 'gateway/core/reasons.gen.ts',
      text: `${banner('reasons.json')}export const reasonTable = [\n${rows(reasons)}\n] as const\n`,
    },
  ]
}

function main(): void {
  const check = process.argv.includes('--check')
  for (const { path, text } of generated()) {
    const url = new URL(path, root)
    if (!check) writeFileSync(url, text)
    else if (readFileSync(url, 'utf8') !== text) {
      console.error(`${path} is stale: run \`npm run generate\``)
      process.exitCode = 1
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
