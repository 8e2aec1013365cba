import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkCommand } from '../../gateway/commands/check.js'
import { configKeys, envName } from '../../gateway/config/keys.js'
import { runCommand } from '../support/cli.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a good configuration is shown, without secrets', async () => {
  const file = join(folder, 'fieldproof.yaml')
  writeFileSync(
    file,
    'network: aberdeen\nmqtt:\n  host: 0.0.0.0\nstore:\n  kind: influxdb\n  url: http://db:8086\n  password: hush\n',
  )
  const text = await runCommand(checkCommand(), ['-c', file])
  expect(text.code).toBe(0)
  expect(text.out).toContain(`ok  ${file}`)
  expect(text.out).toMatch(/network +aberdeen/)
  expect(text.out).toMatch(/retention\.raw +P30D/)
  expect(text.out).toContain('mqtt.host 0.0.0.0 is open to the network without TLS')
  expect(text.out + text.err).not.toContain('hush')
  const json = await runCommand(checkCommand(), ['-c', file, '--json'], {
    FIELDPROOF_MQTT__PORT: '7',
  })
  expect(JSON.parse(json.out)).toMatchObject({
    network: 'aberdeen',
    mqtt: { port: 7 },
    store: { password: '(hidden)' },
    rewards: { perHour: '1000000000000000000' },
  })
})

test('no secret that the schema knows is shown', async () => {
  const secrets: Record<string, string> = {
    'mqtt.password': 'hush-1',
    'store.password': 'hush-2',
    'homeAssistant.password': 'hush-4-ha',
    'chain.url': 'http://node.example/hush-3',
    'chain.key': `0x${'5e'.repeat(32)}`,
  }
  const known = configKeys().filter(({ key }) => key?.secret)
  expect(known.map(({ path }) => path).sort()).toEqual(Object.keys(secrets).sort())
  const env = Object.entries(secrets).map(([path, value]) => [envName(path), value])
  for (const flags of [[], ['--json']]) {
    const shown = await runCommand(checkCommand(), flags, Object.fromEntries(env))
    expect(shown.code).toBe(0)
    for (const secret of Object.values(secrets))
      expect(shown.out + shown.err).not.toContain(secret.slice(-8))
  }
})

test('a bad one is named by file and line: 78', async () => {
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, 'network: a\nserail:\n  ports: auto\n')
  const result = await runCommand(checkCommand(), ['--config', file])
  expect(result.code).toBe(78)
  expect(result.out).toBe('')
  expect(result.err).toContain(`${file}:2: serail: no such key; did you mean serial?`)
})
