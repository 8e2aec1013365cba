import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { configKeys, envName, flagName } from '../../gateway/config/keys.js'
import { type ConfigSources, loadConfig } from '../../gateway/config.js'
import { Failure } from '../../gateway/core/failure.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function yaml(text: string): string {
  const file = join(folder, `c${files++}.yaml`)
  writeFileSync(file, text)
  return file
}

async function refusal(sources: ConfigSources): Promise<string> {
  const error = await loadConfig(sources).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  expect((error as Failure).code).toBe('config')
  return (error as Failure).message
}

test('defaults are those of PROTOCOL 10', async () => {
  const config = await loadConfig({ file: yaml('') })
  expect(config.dataDir).toBe(join(process.cwd(), 'fieldproof-data'))
  expect(config.network).toBe('local')
  expect(config.mqtt).toMatchObject({ mode: 'embedded', host: '127.0.0.1', port: 1883 })
  expect(config.http).toEqual({ host: '127.0.0.1', port: 8484 })
  expect(config.serial.ports).toBe('auto')
  expect(config.store).toEqual({ kind: 'embedded', database: 'fieldproof' })
  expect(config.enrolment).toEqual({ mode: 'operator', open: false })
  expect(config.epoch.length).toBe(86_400)
  expect(config.privacy).toMatchObject({ window: 900, personalWindow: 86_400, k: 5, windows: {} })
  expect(config.rewards.perHour).toBe(10n ** 18n)
  expect(config.rewards.perCredit).toBe(10n ** 15n)
  expect(config.rewards.token).toBe(`0x${'0'.repeat(40)}`)
  expect(config.devices.interval).toBe(60)
  expect(config.log.checkpointInterval).toBe(5)
  expect(config.retention.raw).toBe(30 * 86_400)
})

describe('precedence', () => {
  const file = yaml('network: from-file\nmqtt:\n  port: 1001\n  host: 10.0.0.1\n')

  test('flag, environment, file, default', async () => {
    const env = { FIELDPROOF_NETWORK: 'from-env', FIELDPROOF_MQTT__PORT: '1002', HOME: '/root' }
    const config = await loadConfig({ file, env, flags: { 'mqtt.port': 1003, network: undefined } })
    expect(config.network).toBe('from-env')
    expect(config.mqtt.port).toBe(1003)
    expect(config.mqtt.host).toBe('10.0.0.1')
    expect(config.http.port).toBe(8484)
  })

  test('a key wins over its section given as JSON', async () => {
    const env = { FIELDPROOF_MQTT__PORT: '7', FIELDPROOF_MQTT: '{"port":5,"host":"a.lan"}' }
    const config = await loadConfig({ file, env })
    expect(config.mqtt).toMatchObject({ port: 7, host: 'a.lan' })
  })

  test('FIELDPROOF_CONFIG names the file', async () => {
    expect((await loadConfig({ env: { FIELDPROOF_CONFIG: file } })).network).toBe('from-file')
  })

  test('a flag as text is read like a variable', async () => {
    expect((await loadConfig({ file, flags: { 'http.port': '0' } })).http.port).toBe(0)
  })
})

describe('environment', () => {
  const env = (vars: Record<string, string>) => ({ file: yaml(''), env: vars })

  test('lists as JSON, words as they are', async () => {
    const list = await loadConfig(env({ FIELDPROOF_SERIAL__PORTS: '["/dev/ttyUSB0"]' }))
    expect(list.serial.ports).toEqual(['/dev/ttyUSB0'])
    expect((await loadConfig(env({ FIELDPROOF_SERIAL__PORTS: 'auto' }))).serial.ports).toBe('auto')
    expect((await loadConfig(env({ FIELDPROOF_MQTT__WS: 'false' }))).mqtt.ws).toBe(false)
    expect((await loadConfig(env({ FIELDPROOF_NETWORK: '42' }))).network).toBe('42')
    expect((await loadConfig(env({ FIELDPROOF_ENROLMENT__OPEN: 'true' }))).enrolment.open).toBe(
      true,
    )
    const big = await loadConfig(env({ FIELDPROOF_REWARDS__PER_HOUR: '900719925474099300000' }))
    expect(big.rewards.perHour).toBe(900719925474099300000n)
  })

  test('secrets from files, without the last newline', async () => {
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'p w\n')
    const config = await loadConfig(env({ FIELDPROOF_STORE__PASSWORD_FILE: secret }))
    expect(config.store.password).toBe('p w')
    expect(await refusal(env({ FIELDPROOF_STORE__PASSWORD_FILE: '/no/such' }))).toContain(
      'FIELDPROOF_STORE__PASSWORD_FILE: cannot read',
    )
    expect(await refusal(env({ FIELDPROOF_NETWORK_FILE: secret }))).toContain('no such key')
  })

  test('unknown and bad variables are named', async () => {
    expect(await refusal(env({ FIELDPROOF_MQTT__PROT: '1' }))).toContain(
      'FIELDPROOF_MQTT__PROT: no such key; did you mean FIELDPROOF_MQTT__PORT?',
    )
    expect(await refusal(env({ FIELDPROOF_MQTT__PORT: 'x' }))).toMatch(
      /FIELDPROOF_MQTT__PORT: mqtt\.port: expected a whole number from 0 to 65535/,
    )
    expect(await refusal(env({ FIELDPROOF_MQTT: 'x' }))).toContain('expected a map as JSON')
    expect(await refusal(env({ FIELDPROOF_MQTT: '{"nope":1}' }))).toContain(
      'FIELDPROOF_MQTT: mqtt.nope: no such key',
    )
    expect(await refusal(env({ FIELDPROOF_MQTT: '{"tls":5}' }))).toContain(
      'FIELDPROOF_MQTT: mqtt.tls: expected keys with values',
    )
    expect(await refusal(env({ FIELDPROOF_MQTT: '{"port":null}' }))).toContain(
      'FIELDPROOF_MQTT: mqtt.port: expected a whole number',
    )
  })

  test('every key has a variable and a flag, all different', () => {
    const paths = configKeys().map((key) => key.path)
    expect(new Set(paths.map(envName)).size).toBe(paths.length)
    expect(new Set(paths.map(flagName)).size).toBe(paths.length)
    expect(envName('log.checkpointInterval')).toBe('FIELDPROOF_LOG__CHECKPOINT_INTERVAL')
    expect(flagName('dataDir')).toBe('--data-dir')
  })
})

describe('file', () => {
  test('an unknown key names file and line, and what was meant', async () => {
    const file = yaml('# a comment\nnetwork: a\nmqtt:\n  prot: 1\nhtp:\n  port: 2\n')
    const message = await refusal({ file })
    expect(message).toContain(`${file}:4: mqtt.prot: no such key; did you mean mqtt.port?`)
    expect(message).toContain(`${file}:5: htp: no such key; did you mean http?`)
  })

  test('a key at the wrong depth points to the right one', async () => {
    const file = yaml('port: 1\nmqtt.port: 3\n')
    const message = await refusal({ file })
    expect(message).toContain(`${file}:1: port: no such key; did you mean mqtt.port?`)
    expect(message).toContain(`${file}:2: mqtt.port: no such key; did you mean mqtt.port?`)
  })

  test('bad values name file and line, all at once', async () => {
    const file = yaml(
      'network: "BAD"\nepoch:\n  length: 1 day\nmqtt:\n  port: 70000\nserial:\n  ports: some\n',
    )
    const message = await refusal({ file })
    expect(message).toMatch(/:1: network: expected 1 to 32/)
    expect(message).toMatch(/:3: epoch\.length: expected an ISO 8601 duration/)
    expect(message).toMatch(/:5: mqtt\.port: expected a whole number from 0 to 65535/)
    expect(message).toMatch(/:7: serial\.ports: expected "auto", or a list/)
  })

  test('broken YAML, duplicate keys, aliases and lists in place of maps', async () => {
    expect(await refusal({ file: yaml('a: [1\nb: 2\n') })).toMatch(/c\d+\.yaml:\d+: /)
    expect(await refusal({ file: yaml('network: a\nnetwork: b\n') })).toMatch(/:2: .*unique/)
    expect(await refusal({ file: yaml('dataDir: &x a\nnetwork: *x\n') })).toMatch(/:2: .*alias/)
    expect(await refusal({ file: yaml('- a\n') })).toMatch(/:1: the file: expected keys/)
    expect(await refusal({ file: yaml('mqtt: 5\n') })).toMatch(/:1: mqtt: expected keys/)
    expect(await refusal({ file: yaml('__proto__:\n  a: 1\n') })).toMatch(/no such key/)
    expect(await refusal({ file: join(folder, 'absent.yaml') })).toContain('cannot read')
  })

  test('empty sections and keys count as absent', async () => {
    const config = await loadConfig({ file: yaml('mqtt:\n  # port: 1\nnetwork:\nserial: {}\n') })
    expect(config.mqtt.port).toBe(1883)
    expect(config.network).toBe('local')
  })

  test('paths are taken from the file, numbers beyond 2^53 are exact', async () => {
    const file = yaml('dataDir: ./data\nrewards:\n  perHour: 9007199254740993000\n')
    const config = await loadConfig({ file })
    expect(config.dataDir).toBe(join(folder, 'data'))
    expect(config.rewards.perHour).toBe(9007199254740993000n)
  })
})

describe('what belongs together', () => {
  const cases: [string, string, RegExp][] = [
    ['external broker without address', 'mqtt:\n  mode: external\n', /mqtt\.url: expected/],
    ['InfluxDB without address', 'store:\n  kind: influxdb\n', /store\.url: expected/],
    ['certificate without key', 'mqtt:\n  tls:\n    certFile: a.pem\n', /mqtt\.tls: expected both/],
    ['owner-signed without chain', 'enrolment:\n  mode: owner-signed\n', /chain\.id: expected/],
    [
      'chain without all it needs',
      'chain:\n  enabled: true\n',
      /chain\.url: expected.*chain\.id: .*chain\.distributor: .*chain\.key: .*rewards\.token: /s,
    ],
    ['password in an address', 'store:\n  url: http://a:b@c:1\n', /:2: store\.url: expected an/],
    ['k below 3', 'privacy:\n  k: 2\n', /:2: privacy\.k: expected a whole number from 3/],
    ['odd window', 'privacy:\n  window: PT2M\n', /:2: privacy\.window: expected PT1M/],
    [
      'more epsilon a day than its cap',
      'privacy:\n  epsilon:\n    noise: "1/2"\n  windows:\n    noise: PT6H\n',
      /privacy\.epsilon: noise: a day costs epsilon 2, more than the cap of 1/,
    ],
    [
      'more epsilon over all metrics than the day has',
      'privacy:\n  epsilonPerDay: "3/2"\n',
      /privacy\.epsilon: all metrics: a day costs epsilon 2, more than the cap of 3\/2/,
    ],
    [
      'personal windows that no roster is large enough for',
      'privacy:\n  personalWindow: PT1M\n',
      /co2: a window that no roster is large enough for/,
    ],
    [
      'bounds beyond the metric',
      'privacy:\n  bounds:\n    noise: [0, 500]\n',
      /privacy\.bounds: noise: expected two whole numbers from 0 to 140/,
    ],
    [
      'bounds of an environment metric',
      'privacy:\n  bounds:\n    temperature: [0, 50]\n',
      /:2: privacy\.bounds: expected lowest and highest value by personal metric/,
    ],
    [
      'a window of battery',
      'privacy:\n  windows: {battery: PT1H}\n',
      /:2: privacy\.windows: expected/,
    ],
    ['slow checkpoints', 'log:\n  checkpointInterval: PT1M\n', /:2: log\.checkpointInterval/],
  ]
  test.each(cases)('%s is refused', async (_name, text, expected) => {
    expect(await refusal({ file: yaml(text) })).toMatch(expected)
  })
})
