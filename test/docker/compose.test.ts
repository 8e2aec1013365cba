import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { metricsSource } from '../../gateway/adapters/http/metrics.js'
import { loadConfig } from '../../gateway/config.js'
import { statusView } from '../support/operations.js'
import { projectRoot } from '../support/root.js'

interface Service {
  image: string
  privileged?: boolean
  read_only?: boolean
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  cap_drop?: string[]
  device_cgroup_rules?: string[]
  user?: string
}

const root = projectRoot()

function compose(args: readonly string[], env: Record<string, string> = {}) {
  const result = spawnSync('docker-compose', args, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  expect(result.error, 'docker-compose (Debian package) is needed').toBeUndefined()
  return result
}

function services(env: Record<string, string> = {}): Record<string, Service> {
  const { status, stdout, stderr } = compose(['--profile', 'simulator', 'config'], env)
  expect(status, stderr).toBe(0)
  return (parse(stdout) as { services: Record<string, Service> }).services
}

describe('docker-compose.yml', () => {
  const byDefault = services()

  test('is valid, with and without the simulator', () => {
    const { status, stderr } = compose(['config', '-q'])
    expect(status, stderr).toBe(0)
    expect(Object.keys(byDefault).sort()).toEqual([
      'gateway',
      'grafana',
      'influxdb',
      'prometheus',
      'simulator',
    ])
  })

  test('gives nobody more than needed, and pins what it fetches', () => {
    for (const [name, service] of Object.entries(byDefault)) {
      expect(service.privileged, name).toBeUndefined()
      expect(service.cap_drop, name).toEqual(['ALL'])
      expect(service.image, name).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+$/)
      if (name !== 'influxdb') expect(service.read_only, name).toBe(true)
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/)
      for (const volume of service.volumes ?? []) {
        const [from = ''] = volume.split(':')
        if (from.startsWith('/')) expect(existsSync(from), volume).toBe(true)
      }
    }
  })

  test('lets boards come and go by their device numbers', () => {
    const { gateway } = byDefault
    expect(gateway?.device_cgroup_rules).toEqual(['c 166:* rw', 'c 188:* rw'])
    expect(gateway?.volumes).toContain('/dev:/dev:rw')
  })

  test('configures the gateway with keys that exist', async () => {
    const { gateway, simulator } = services({ NETWORK: 'aberdeen', ENROLMENT_OPEN: 'true' })
    const image = fromDockerfile()
    const config = await loadConfig({ env: { ...image, ...gateway?.environment } })
    expect(config).toMatchObject({
      dataDir: '/data',
      network: 'aberdeen',
      enrolment: { open: true },
      store: { kind: 'influxdb', url: 'http://influxdb:8086' },
      http: { host: '0.0.0.0', port: 8484 },
      mqtt: { host: '0.0.0.0', port: 1883 },
    })
    expect((await loadConfig({ env: { ...image, ...simulator?.environment } })).dataDir).toBe(
      '/data',
    )
  })
})

describe('Grafana', () => {
  const folder = join(root, 'gateway/docker/grafana')
  const dashboards = readdirSync(join(folder, 'dashboards')).map(
    (name) =>
      JSON.parse(readFileSync(join(folder, 'dashboards', name), 'utf8')) as {
        uid: string
        panels: { title: string; targets?: Target[] }[]
      },
  )
  const targets = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets ?? []))

  test('asks only data sources that are provisioned, each dashboard with a name of its own', () => {
    const { datasources } = parse(
      readFileSync(join(folder, 'datasources/fieldproof.yaml'), 'utf8'),
    ) as { datasources: { uid: string; url: string }[] }
    const known = datasources.map(({ uid }) => uid)
    for (const { datasource } of targets) expect(known).toContain(datasource.uid)
    const hosts = datasources.map(({ url }) => new URL(url).hostname)
    expect(hosts.sort()).toEqual(['influxdb', 'prometheus'])
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length)
  })

  test('asks for metrics that the gateway has, and for policies that it writes', async () => {
    const clock = { now: () => 0, monotonic: () => 0 }
    const { body } = await metricsSource({ status: async () => statusView() }, clock)()
    const has = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]))
    const used = targets.flatMap(({ expr = '' }) =>
      [...expr.matchAll(/\b(fieldproof|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
    )
    expect(used.length).toBeGreaterThan(15)
    for (const name of used) expect(has, name).toContain(name)
    for (const { query } of targets)
      if (query !== undefined) expect(query).toMatch(/FROM "(raw|released)"\./)
  })
})

interface Target {
  datasource: { uid: string }
  expr?: string
  query?: string
}

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ')

/** `FIELDPROOF_` variables that the image sets. */
function fromDockerfile(): Record<string, string> {
  const pairs = [...dockerfile.matchAll(/(FIELDPROOF_[A-Z_]+)=(\S+)/g)]
  return Object.fromEntries(pairs.map((match) => [match[1]!, match[2]!]))
}

describe('Dockerfile', () => {
  test('is slim, pinned, and runs as a user', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1])
    expect(images).toHaveLength(2)
    for (const image of images) expect(image).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/)
    const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line))
    const user = instructions.findLastIndex((line) => line.startsWith('USER '))
    expect(instructions[user]).toBe('USER node')
    expect(instructions.slice(user).some((line) => line.startsWith('RUN'))).toBe(false)
  })

  test('copies what exists and what .dockerignore lets in', () => {
    const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      match[1]!.split(' '),
    )
    expect(copied.length).toBeGreaterThan(4)
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(allowed, path).toContain(path.split('/')[0])
    }
  })
})
