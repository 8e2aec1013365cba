/**
 * Every key of the configuration (PROTOCOL 10): its form, default and meaning. The one source of
 * schemas/config.md, of the JSON Schema and of the environment variables' names.
 */
import * as z from 'zod'
import { parseDuration } from '../core/time.js'

const day = 86_400

/** ISO 8601 duration of whole seconds between two bounds; becomes seconds. */
function duration(least: number, most: number) {
  return z.string().transform((text, context) => {
    const seconds = parseDuration(text)
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds
    context.addIssue({
      code: 'custom',
      message: `expected an ISO 8601 duration such as PT1M or P1D, between ${least} and ${most} seconds`,
    })
    return z.NEVER
  })
}

/** Base units of a token: beyond 2^53, so also as decimal text; becomes a bigint. */
const amount = z
  .union([
    z.string().regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a whole number of base units'),
    z.number().int().nonnegative(),
  ])
  .transform((value) => BigInt(value))

const port = z.number().int().min(0).max(65_535)
const host = z.string().min(1).max(253)
const path = z.string().min(1).max(4096)
const user = z.string().min(1).max(256)

/** An address without credentials: it is shown in the status, they have keys of their own. */
function address(...schemes: readonly string[]) {
  return z.string().superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || !schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '')
      context.addIssue({
        code: 'custom',
        message: `expected an address that begins with ${schemes.map((s) => `${s}://`).join(' or ')}`,
      })
    else if (url.username !== '' || url.password !== '')
      context.addIssue({
        code: 'custom',
        message: 'expected an address without user name and password; they have keys of their own',
      })
  })
}

const mqtt = z
  .strictObject({
    mode: z
      .enum(['embedded', 'external'])
      .default('embedded')
      .describe('Run the broker in this process, or use the one at `mqtt.url`'),
    url: address('mqtt', 'mqtts', 'ws', 'wss')
      .optional()
      .describe(
        'Address of the external broker, such as `mqtts://broker.lan:8883`; an authority of your own stands in NODE_EXTRA_CA_CERTS',
      ),
    username: user.optional().describe('User name at the external broker'),
    password: user.meta({ secret: true }).optional().describe('Password at the external broker'),
    host: host
      .default('127.0.0.1')
      .describe('Address that the embedded broker listens on; `0.0.0.0` for the whole network'),
    port: port.default(1883).describe('TCP port of the embedded broker; 0 takes a free one'),
    ws: z.boolean().default(true).describe('MQTT over WebSocket at `/mqtt` of the HTTP port'),
    tls: z
      .strictObject({
        port: port
          .default(8883)
          .describe('Port of MQTT over TLS; open once `certFile` and `keyFile` stand'),
        certFile: path
          .optional()
          .describe('PEM file with the certificate chain of the embedded broker'),
        keyFile: path.optional().describe('PEM file with its private key'),
      })
      .prefault({}),
  })
  .prefault({})

const http = z
  .strictObject({
    host: host.default('127.0.0.1').describe('Address of dashboard, API and public log'),
    port: port.default(8484).describe('Port of dashboard, API and public log; 0 takes a free one'),
  })
  .prefault({})

const serial = z
  .strictObject({
    ports: z
      .union([z.literal('auto'), z.array(path).max(64)])
      .default('auto')
      .describe('`auto` finds boards by itself; or a list of device files; `[]` turns serial off'),
  })
  .prefault({})

const store = z
  .strictObject({
    kind: z
      .enum(['embedded', 'influxdb'])
      .default('embedded')
      .describe('Where values go for charts: files of this gateway, or InfluxDB 1.x'),
    url: address('http', 'https')
      .optional()
      .describe('Address of InfluxDB, such as `http://127.0.0.1:8086`'),
    database: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected letters, digits, `_` and `-`')
      .default('fieldproof')
      .describe('Database in InfluxDB; created where missing'),
    username: user.optional().describe('User name at InfluxDB'),
    password: user.meta({ secret: true }).optional().describe('Password at InfluxDB'),
  })
  .prefault({})

const log = z
  .strictObject({
    checkpointInterval: duration(1, 5)
      .prefault('PT5S')
      .describe('A checkpoint covers every entry within this time; at most 5 s'),
  })
  .prefault({})

const retention = z
  .strictObject({
    raw: duration(3600, 3660 * day)
      .prefault('P30D')
      .describe('How long readings and values are kept; hashes and proofs stay for ever'),
  })
  .prefault({})

const devices = z
  .strictObject({
    interval: z
      .number()
      .int()
      .min(1)
      .max(day)
      .default(60)
      .describe('Seconds between readings that a device is told at approval'),
  })
  .prefault({})

const enrolment = z
  .strictObject({
    mode: z
      .enum(['operator', 'owner-signed'])
      .default('operator')
      .describe('Who approves a device: the operator, or the operator with the owner’s signature'),
    open: z.boolean().default(false).describe('May unknown devices ask to be approved'),
  })
  .prefault({})

const verifier = z
  .strictObject({
    threads: z
      .union([z.literal('auto'), z.number().int().min(1).max(64)])
      .default('auto')
      .describe('Threads that verify signatures; `auto` is one per processor core'),
  })
  .prefault({})

const logging = z
  .strictObject({
    level: z
      .enum(['silent', 'error', 'warn', 'info', 'debug'])
      .default('info')
      .describe('Least severe message that is shown'),
    format: z
      .enum(['auto', 'text', 'json'])
      .default('auto')
      .describe('`auto` is text in a terminal and JSON lines elsewhere'),
  })
  .prefault({})

const epoch = z
  .strictObject({
    length: duration(60, 366 * day)
      .prefault('P1D')
      .describe('Length of an epoch. Read and checked; epochs come with a later version'),
  })
  .prefault({})

const privacy = z
  .strictObject({
    window: duration(60, day)
      .prefault('PT15M')
      .refine((seconds) => [60, 900, 3600, 21_600, 86_400].includes(seconds), {
        message: 'expected PT1M, PT15M, PT1H, PT6H or P1D',
      })
      .describe('Step of released rows. Read and checked; releases come with a later version'),
    k: z
      .number()
      .int()
      .min(3)
      .max(1000)
      .default(5)
      .describe('Least number of owners in a released row. As above'),
  })
  .prefault({})

const rewards = z
  .strictObject({
    perHour: amount
      .prefault('1000000000000000000')
      .describe('Base units emitted per hour. Read and checked; rewards come with a later version'),
    perCredit: amount.prefault('1000000000000000').describe('Base units per credit sold. As above'),
    token: z
      .string()
      .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hexadecimal digits')
      .default('0x0000000000000000000000000000000000000000')
      .describe('Token contract; the zero address is a test token. As above'),
  })
  .prefault({})

const chain = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Publish to a chain; for a later version and refused today'),
    url: address('http', 'https', 'ws', 'wss').optional().describe('JSON-RPC address. As above'),
    id: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Chain id (EIP-155) that owners sign for, with `enrolment.mode: owner-signed`'),
  })
  .prefault({})

/** The whole configuration; `parse({})` gives every default. */
export const configSchema = z
  .strictObject({
    dataDir: path
      .default('./fieldproof-data')
      .describe('Folder of keys, journal and stores; made on first start'),
    network: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'expected 1 to 32 of a-z, 0-9 and -')
      .default('local')
      .describe('Network that devices sign for; a reading of another network does not verify'),
    mqtt,
    http,
    serial,
    store,
    log,
    retention,
    devices,
    enrolment,
    verifier,
    logging,
    epoch,
    privacy,
    rewards,
    chain,
  })
  .superRefine((config, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), message })
    if (config.mqtt.mode === 'external' && config.mqtt.url === undefined)
      refuse('mqtt.url', 'expected the broker’s address, because mqtt.mode is external')
    if (config.store.kind === 'influxdb' && config.store.url === undefined)
      refuse('store.url', 'expected the database’s address, because store.kind is influxdb')
    if ((config.mqtt.tls.certFile === undefined) !== (config.mqtt.tls.keyFile === undefined))
      refuse('mqtt.tls', 'expected both certFile and keyFile, or neither')
    if (config.enrolment.mode === 'owner-signed' && config.chain.id === undefined)
      refuse(
        'chain.id',
        'expected the chain id that owners sign for (enrolment.mode: owner-signed)',
      )
    if (config.chain.enabled) refuse('chain.enabled', 'this version knows `false` only')
  })

/** The configuration after defaults: durations are seconds, amounts bigint, paths absolute. */
export type Config = z.output<typeof configSchema>

/** Keys whose value is a duration: ISO 8601 in text, seconds in `Config`. */
export const durationKeys: readonly string[] = [
  'log.checkpointInterval',
  'retention.raw',
  'epoch.length',
  'privacy.window',
]

/** Keys whose value is a file or folder: relative ones are taken from where the key was written. */
export const pathKeys: readonly string[] = ['dataDir', 'mqtt.tls.certFile', 'mqtt.tls.keyFile']
