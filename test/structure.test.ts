import { describe, expect, it } from 'vitest'
import { type Import, importsOf, sourcesBelow } from './support/imports.js'
import { projectRoot } from './support/root.js'

/**
 * The import table of gateway/README.md. It is enforced on resolved paths, so that a room cannot
 * reach into another one by any spelling.
 */
const root = projectRoot()
const files = ['gateway', 'simulator', 'schemas'].flatMap((folder) => sourcesBelow(root, folder))
const imports = files.flatMap((file) => importsOf(root, file))

/** The rooms of core, lowest first: a later one may import an earlier one, never the reverse. */
const coreOrder = [
  'limits',
  'metrics.gen',
  'reasons.gen',
  'verdict',
  'failure',
  'bytes',
  'json',
  'crypto',
  'time',
  'metric',
  'topic',
  'frame',
  'cbor',
  'cose',
  'senml',
  'device',
  'log',
  'privacy',
  'rewards',
  'proof',
  'audit',
  'query',
  'market',
]

/** The only files of core that may name a vendor, and whose. */
const coreVendors: Record<string, RegExp> = {
  'gateway/core/crypto.ts': /^@noble\//,
  'gateway/core/cbor/codec.ts': /^cbor-x\/(decode|encode)$/,
}

function isLocal(path: string): boolean {
  return /^(gateway|simulator|schemas|test)\//.test(path)
}

function coreRoom(path: string): string {
  return path.replace('gateway/core/', '').replace(/\/.*$|\.ts$/, '')
}

function adapterOf(path: string): string | undefined {
  return /^gateway\/adapters\/([^/]+)\//.exec(path)?.[1]
}

function problemIn({ from, to, typeOnly }: Import): string | undefined {
  if (from.startsWith('gateway/core/')) {
    if (!isLocal(to)) return coreVendors[from]?.test(to) ? undefined : 'core imports no vendor'
    if (!to.startsWith('gateway/core/')) return 'core imports core only'
    const [own, other] = [coreOrder.indexOf(coreRoom(from)), coreOrder.indexOf(coreRoom(to))]
    if (own < 0 || other < 0) return 'a room of core that the order does not name'
    return other > own ? 'core goes up its own order' : undefined
  }
  if (from.startsWith('gateway/ports/')) {
    if (!typeOnly) return 'ports hold types only'
    return /^gateway\/(core|ports)\//.test(to) ? undefined : 'ports know core and ports only'
  }
  if (from.startsWith('gateway/pipeline/')) {
    return /^gateway\/(core|ports|pipeline)\//.test(to)
      ? undefined
      : 'pipeline knows core and ports only'
  }
  const adapter = adapterOf(from)
  if (adapter !== undefined) {
    if (!isLocal(to) || /^gateway\/(core|ports)\//.test(to)) return undefined
    return adapterOf(to) === adapter ? undefined : 'an adapter knows core, ports and its own folder'
  }
  if (from.startsWith('gateway/web/')) {
    if (!isLocal(to))
      return /^(preact|uplot|mqtt)(\/|$)/.test(to) ? undefined : 'not a vendor of the pages'
    if (/^gateway\/(core|web)\//.test(to)) return undefined
    return /^gateway\/ports\//.test(to) && typeOnly
      ? undefined
      : 'web knows core, and types of ports'
  }
  if (from.startsWith('simulator/')) {
    if (!isLocal(to) || /^(simulator|gateway\/core)\//.test(to)) return undefined
    return 'the simulator reaches a gateway over the wire only'
  }
  if (from.startsWith('schemas/') && isLocal(to)) {
    return /^(schemas|gateway\/core)\/|^gateway\/config/.test(to)
      ? undefined
      : 'schemas know core and the configuration only'
  }
  return undefined
}

/** Names each file on a circle of imports, those of types among them. */
function circles(): string[] {
  const edges = new Map<string, string[]>()
  for (const one of imports) {
    if (!isLocal(one.to)) continue
    edges.set(one.from, [...(edges.get(one.from) ?? []), one.to])
  }
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' > '))
      return
    }
    if (done.has(file)) return
    for (const next of edges.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return found
}

describe('structure', () => {
  it('reads the imports of the whole house', () => {
    expect(files.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(100)
  })

  it('keeps the import table', () => {
    const problems = imports.flatMap((one) => {
      const problem = problemIn(one)
      return problem ? [`${one.from} > ${one.to}: ${problem}`] : []
    })
    expect(problems).toEqual([])
  })

  it('finds a breach of each rule', () => {
    const breach = (from: string, to: string, typeOnly = false): boolean =>
      problemIn({ from, to, typeOnly }) !== undefined
    expect(breach('gateway/core/log/tree.ts', 'node:fs')).toBe(true)
    expect(breach('gateway/core/cbor/walk.ts', 'gateway/core/log/tree.ts')).toBe(true)
    expect(breach('gateway/core/bytes.ts', 'gateway/ports/clock.ts', true)).toBe(true)
    expect(breach('gateway/ports/clock.ts', 'gateway/core/bytes.ts')).toBe(true)
    expect(breach('gateway/pipeline/ingest.ts', 'node:fs')).toBe(true)
    expect(breach('gateway/adapters/http/x.ts', 'gateway/adapters/mqtt/y.ts')).toBe(true)
    expect(breach('gateway/adapters/http/x.ts', 'gateway/pipeline/ingest.ts')).toBe(true)
    expect(breach('simulator/fleet.ts', 'gateway/ports/clock.ts', true)).toBe(true)
    expect(breach('gateway/web/main.tsx', 'gateway/ports/clock.ts')).toBe(true)
    expect(breach('gateway/web/main.tsx', 'gateway/pipeline/ingest.ts', true)).toBe(true)
    expect(breach('gateway/web/main.tsx', 'hono')).toBe(true)
    expect(breach('schemas/generate.ts', 'gateway/pipeline/ingest.ts')).toBe(true)
  })

  it('has no circle of imports', () => {
    expect(circles()).toEqual([])
  })

  it('lets only main end the process', async () => {
    const { readFileSync } = await import('node:fs')
    const { join } = await import('node:path')
    const offenders = files.filter(
      (file) =>
        file !== 'gateway/main.ts' &&
        /\bprocess\.exit\(/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(offenders).toEqual([])
  })
})
