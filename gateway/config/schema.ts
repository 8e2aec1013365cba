/**
 * Every key of the configuration (PROTOCOL 10): its form, default and meaning. The one source of
 * schemas/config.md, of the JSON Schema and of the environment variables' names.
 */
import { priceMax } from '../core/limits.js'
import { metrics } from '../core/metric.js'
import { releaseTerms } from '../core/privacy/terms.js'
import {
  address,
  amount,
  duration,
  durationOf,
  either,
  form,
  type Kind,
  list,
  mapOf,
  oneOf,
  pair,
  text,
  whole,
  yesOrNo,
} from './kinds.js'

/** One key. Its value in `Config` is a `T`. */
export class Key<T> {
  readonly kind: Kind<T>
  readonly about: string
  /** As it would be written; `undefined` where the key may be absent. */
  readonly fallback: unknown
  /** A password: never shown, and readable from a file. */
  readonly secret: boolean

  constructor(kind: Kind<T>, about: string, fallback?: unknown, secret = false) {
    this.kind = kind
    this.about = about
    this.fallback = fallback
    this.secret = secret
  }
}

export interface Section {
  readonly [name: string]: Key<unknown> | Section
}

function key<T>(kind: Kind<T>, fallback: unknown, about: string): Key<T> {
  return new Key(kind, about, fallback)
}

function optional<T>(kind: Kind<T>, about: string): Key<T | undefined> {
  return new Key<T | undefined>(kind, about)
}

function password(about: string): Key<string | undefined> {
  return new Key<string | undefined>(user, about, undefined, true)
}

const day = 86_400
const host = text(253)
const path = text(4096)
const port = whole(0, 65_535)
const user = text(256)

const step = durationOf('PT1M', 'PT15M', 'PT1H', 'PT6H', 'P1D')
const fraction = form(/^[1-9]\d{0,8}(\/[1-9]\d{0,8})?$/, 'a fraction such as 1 or 1/4')
const released = metrics.filter((one) => one.class !== 'none').map(({ name }) => name)
const personal = metrics.filter((one) => one.class === 'personal').map(({ name }) => name)

export const configSchema = {
  dataDir: key(
    path,
    './fieldproof-data',
    'Folder of keys, journal and stores; made on first start',
  ),
  network: key(
    form(/^[a-z0-9-]{1,32}$/, '1 to 32 of a-z, 0-9 and -'),
    'local',
    'Network that devices sign for; a reading of another network does not verify',
  ),
  mqtt: {
    mode: key(
      oneOf('embedded', 'external'),
      'embedded',
      'Run the broker in this process, or use the one at `mqtt.url`',
    ),
    url: optional(
      address('mqtt', 'mqtts', 'ws', 'wss'),
      'Address of the external broker, such as `mqtts://broker.lan:8883`; an authority of your own stands in NODE_EXTRA_CA_CERTS',
    ),
    username: optional(user, 'User name at the external broker'),
    password: password('Password at the external broker'),
    host: key(
      host,
      '127.0.0.1',
      'Address that the embedded broker listens on; `0.0.0.0` for the whole network',
    ),
    port: key(port, 1883, 'TCP port of the embedded broker; 0 takes a free one'),
    ws: key(yesOrNo, true, 'MQTT over WebSocket at `/mqtt` of the HTTP port'),
    tls: {
      port: key(port, 8883, 'Port of MQTT over TLS; open once `certFile` and `keyFile` stand'),
      certFile: optional(path, 'PEM file with the certificate chain of the embedded broker'),
      keyFile: optional(path, 'PEM file with its private key'),
    },
  },
  http: {
    host: key(host, '127.0.0.1', 'Address of dashboard, API and public log'),
    port: key(port, 8484, 'Port of dashboard, API and public log; 0 takes a free one'),
  },
  serial: {
    ports: key(
      either(oneOf('auto'), list(path, 64, 'a list of at most 64 device files')),
      'auto',
      '`auto` finds boards by itself; or a list of device files; `[]` turns serial off',
    ),
  },
  store: {
    kind: key(
      oneOf('embedded', 'influxdb'),
      'embedded',
      'Where values go for charts: files of this gateway, or InfluxDB 1.x',
    ),
    url: optional(address('http', 'https'), 'Address of InfluxDB, such as `http://127.0.0.1:8086`'),
    database: key(
      form(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, `_` and `-`'),
      'fieldproof',
      'Database in InfluxDB; created where missing',
    ),
    username: optional(user, 'User name at InfluxDB'),
    password: password('Password at InfluxDB'),
  },
  log: {
    checkpointInterval: key(
      duration(1, 5),
      'PT5S',
      'A checkpoint covers every entry within this time; at most 5 s',
    ),
  },
  witness: {
    policy: optional(
      path,
      'C2SP tlog-policy file: the witnesses that are asked to sign each checkpoint; see schemas/witness.md',
    ),
  },
  retention: {
    raw: key(
      duration(3600, 3660 * day),
      'P30D',
      'How long readings and values are kept; hashes and proofs stay for ever',
    ),
  },
  devices: {
    interval: key(whole(1, day), 60, 'Seconds between readings that a device is told at approval'),
  },
  enrolment: {
    mode: key(
      oneOf('operator', 'owner-signed'),
      'operator',
      'Who approves a device: the operator, or the operator with the owner’s signature',
    ),
    open: key(yesOrNo, false, 'May unknown devices ask to be approved'),
  },
  verifier: {
    threads: key(
      either(oneOf('auto'), whole(1, 64)),
      'auto',
      'Threads that verify signatures; `auto` is one per processor core',
    ),
  },
  logging: {
    level: key(
      oneOf('silent', 'error', 'warn', 'info', 'debug'),
      'info',
      'Least severe message that is shown',
    ),
    format: key(
      oneOf('auto', 'text', 'json'),
      'auto',
      '`auto` is text in a terminal and JSON lines elsewhere',
    ),
  },
  homeAssistant: {
    enabled: key(
      yesOrNo,
      false,
      'Show devices and their raw values in Home Assistant, over the broker at `url`: whoever reads that broker sees them',
    ),
    url: optional(
      address('mqtt', 'mqtts', 'ws', 'wss'),
      'Address of the broker that Home Assistant uses, such as `mqtt://homeassistant.lan:1883`',
    ),
    username: optional(user, 'User name at that broker'),
    password: password('Password at that broker'),
    prefix: key(
      form(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, `_` and `-`'),
      'homeassistant',
      'Discovery prefix of Home Assistant',
    ),
  },
  backup: {
    folder: optional(
      path,
      'Folder for a verified backup each day, better on another disk; absent: none. See schemas/backup.md',
    ),
    at: key(form(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 03:30'), '03:00', 'When, UTC'),
    keep: key(whole(1, 1000), 7, 'How many are kept; older ones of this gateway are removed'),
    key: key(yesOrNo, true, 'With the gateway’s key in it; without it restore needs `--key`'),
  },
  epoch: {
    length: key(
      duration(60, 366 * day),
      'P1D',
      'Length of an epoch; one ends at each multiple of it since 1970 (UTC)',
    ),
  },
  privacy: {
    window: key(
      step,
      'PT15M',
      'Length of the windows of environment metrics; a change is good from the next day on. `PT1M` shows when somebody is there',
    ),
    personalWindow: key(
      step,
      'P1D',
      'Length of the windows of personal metrics (co2, noise); a roster needs 25 owners for `P1D`, 100 for `PT6H`, 300 for `PT1H`, 1,000 for `PT15M`',
    ),
    windows: key(
      mapOf(released, step, 'a duration of a window by metric, such as `{"pm25":"PT1H"}`'),
      {},
      'Length of the windows of single metrics',
    ),
    k: key(whole(3, 1000), 5, 'Least number of owners in a released row'),
    epsilonPerMetric: key(
      fraction,
      '1',
      'Most epsilon that an owner spends on a personal metric in a UTC day; see schemas/privacy.md',
    ),
    epsilonPerDay: key(fraction, '4', 'Most epsilon that an owner spends in a UTC day'),
    epsilon: key(
      mapOf(personal, fraction, 'a fraction by personal metric, such as `{"noise":"1/4"}`'),
      {},
      'Epsilon of one row; without it a day of rows spends `epsilonPerMetric`',
    ),
    bounds: key(
      mapOf(
        personal,
        pair(whole(0, 200_000)),
        'lowest and highest value by personal metric, such as `{"co2":[300,3000]}`',
      ),
      {},
      'Values of personal metrics are clamped to these before noise is drawn; never chosen from readings',
    ),
    sums: key(
      list(oneOf(...personal), personal.length, 'a list of personal metrics'),
      [],
      'Personal metrics that are released as a sum in place of the median',
    ),
  },
  market: {
    price: key(whole(0, priceMax), 1, 'Credits for a row; a withheld row is free'),
    prices: key(
      mapOf(released, whole(0, priceMax), 'credits by metric, such as `{"pm25":2}`'),
      {},
      'Credits for a row of single metrics',
    ),
    perSecond: key(whole(1, 1000), 2, 'Requests of one buyer a second, on average'),
    burst: key(whole(1, 10_000), 10, 'Requests of one buyer at once'),
    licence: key(
      address('https', 'http'),
      'https://creativecommons.org/licenses/by/4.0/',
      'Address of the licence under which rows are sold; in every answer',
    ),
    attribution: key(
      text(200),
      'The owners of the sensors, through FieldProof',
      'Whom a buyer has to name; in every answer',
    ),
    feeBp: key(
      whole(0, 10_000),
      0,
      'Share of the price of rows that the operator keeps, basis points; the rest goes to owners',
    ),
  },
  rewards: {
    perHour: key(amount, '1000000000000000000', 'Base units emitted per hour'),
    perCredit: key(
      amount,
      '1000000000000000',
      'Base units that owners get for a credit that a buyer paid',
    ),
    token: key(
      form(/^0x[0-9a-fA-F]{40}$/, '0x and 40 hexadecimal digits'),
      '0x0000000000000000000000000000000000000000',
      'Token contract; the zero address is a test token, in which simulated devices earn too',
    ),
  },
  chain: {
    enabled: key(yesOrNo, false, 'Publish the root of each epoch to a distributor on a chain'),
    url: new Key<string | undefined>(
      address('http', 'https'),
      'JSON-RPC address of a node; not shown, for it may hold a provider’s key',
      undefined,
      true,
    ),
    id: optional(
      whole(1, Number.MAX_SAFE_INTEGER),
      'Chain id (EIP-155): a node of another one is not used; owners sign for it with `enrolment.mode: owner-signed`',
    ),
    distributor: optional(
      form(/^0x[0-9a-fA-F]{40}$/, '0x and 40 hexadecimal digits'),
      'Address of the distributor; it pays `rewards.token`',
    ),
    key: new Key<string | undefined>(
      form(/^0x[0-9a-fA-F]{64}$/, '0x and 64 hexadecimal digits'),
      'Secret key of the publisher’s account, which sends these transactions and nothing else',
      undefined,
      true,
    ),
    confirmations: key(
      whole(1, 1000),
      6,
      'Blocks that must hold a transaction before the next one is made',
    ),
    maxFee: key(
      amount,
      '100000000000',
      'Most wei per unit of gas; while the chain asks more, publishing waits',
    ),
  },
} as const satisfies Section

type Values<S> = {
  -readonly [N in keyof S]: S[N] extends Key<infer T> ? T : Values<S[N]>
}

/** The configuration after defaults: durations are seconds, amounts bigint, paths absolute. */
export type Config = Values<typeof configSchema>

/** What keys that are good by themselves may still get wrong together: path and complaint. */
export function contradictionsIn(config: Config): [path: string, complaint: string][] {
  const { mqtt, store, enrolment, chain } = config
  const found: [string, string][] = []
  if (mqtt.mode === 'external' && mqtt.url === undefined)
    found.push(['mqtt.url', 'expected the broker’s address, because mqtt.mode is external'])
  if (store.kind === 'influxdb' && store.url === undefined)
    found.push(['store.url', 'expected the database’s address, because store.kind is influxdb'])
  if (config.homeAssistant.enabled && config.homeAssistant.url === undefined)
    found.push([
      'homeAssistant.url',
      'expected the address of its broker, because homeAssistant.enabled is true',
    ])
  if ((mqtt.tls.certFile === undefined) !== (mqtt.tls.keyFile === undefined))
    found.push(['mqtt.tls', 'expected both certFile and keyFile, or neither'])
  if (enrolment.mode === 'owner-signed' && chain.id === undefined)
    found.push([
      'chain.id',
      'expected the chain id that owners sign for (enrolment.mode: owner-signed)',
    ])
  if (chain.enabled) found.push(...missingForChain(config))
  const terms = releaseTerms(config.privacy)
  if (Array.isArray(terms))
    found.push(
      ...terms.map(([name, complaint]): [string, string] => [`privacy.${name}`, complaint]),
    )
  return found
}

function missingForChain({ chain, rewards }: Config): [path: string, complaint: string][] {
  const needed = ['url', 'id', 'distributor', 'key'] as const
  const found = needed
    .filter((name) => chain[name] === undefined)
    .map((name): [string, string] => [
      `chain.${name}`,
      'expected a value, because chain.enabled is true',
    ])
  if (/^0x0*$/.test(rewards.token))
    found.push([
      'rewards.token',
      'expected the token that the distributor pays, because chain.enabled is true; the zero address is on no chain',
    ])
  return found
}

/** Keys whose value is a duration: ISO 8601 in text, seconds in `Config`. */
export const durationKeys: readonly string[] = [
  'log.checkpointInterval',
  'retention.raw',
  'epoch.length',
  'privacy.window',
  'privacy.personalWindow',
]

/** Keys whose value is a file or folder: relative ones are taken from where the key was written. */
export const pathKeys: readonly string[] = [
  'dataDir',
  'backup.folder',
  'mqtt.tls.certFile',
  'mqtt.tls.keyFile',
  'witness.policy',
]
