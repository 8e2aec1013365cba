/**
 * The AsyncAPI 3.0 document of a gateway: every topic of mqtt.md with what is said there. Generated
 * into asyncapi.json, and retained on `pub/asyncapi`. Actions are the gateway's: it receives what
 * others publish. JSON payloads are the formats of jsonFormats.ts in draft 7, which AsyncAPI builds on.
 */
import * as z from 'zod'
import { jsonFormats } from './jsonFormats.js'
import { answerParts } from './marketFormats.js'

type FormatName = keyof typeof jsonFormats

/** What a message holds: JSON of a format, COSE by its rule in fp1.cddl, or something of its own. */
type Payload =
  | { readonly json: FormatName }
  | { readonly cose: string }
  | { readonly type: string; readonly schema: object }

interface Topic {
  /** Below the root `fp1/{network}/`. */
  readonly address: string
  readonly action: 'send' | 'receive'
  readonly retain?: boolean
  readonly summary: string
  readonly payload: Payload
  /** Name of the channel on which the gateway answers. */
  readonly reply?: string
}

const topics: Readonly<Record<string, Topic>> = {
  reading: {
    address: 'd/{deviceId}/up/rd',
    action: 'receive',
    summary: 'A reading. PUBACK: judged, and on disk if accepted',
    payload: { cose: 'reading' },
    reply: 'acknowledgement',
  },
  rotation: {
    address: 'd/{deviceId}/up/ro',
    action: 'receive',
    summary: 'A key rotation',
    payload: { cose: 'rotation' },
    reply: 'acknowledgement',
  },
  revocation: {
    address: 'd/{deviceId}/up/rv',
    action: 'receive',
    summary: 'A self-revocation',
    payload: { cose: 'self-revocation' },
    reply: 'acknowledgement',
  },
  timeQuery: {
    address: 'd/{deviceId}/up/tq',
    action: 'receive',
    summary: 'What time is it? A nonce of 4 bytes',
    payload: { type: 'application/octet-stream', schema: { type: 'string', format: 'binary' } },
    reply: 'time',
  },
  presence: {
    address: 'd/{deviceId}/st',
    action: 'receive',
    retain: true,
    summary: 'Presence of a device; its Will is the second form',
    payload: { json: 'presence' },
  },
  acknowledgement: {
    address: 'd/{deviceId}/dn/ak',
    action: 'send',
    summary: 'The verdict on a reading, rotation or self-revocation',
    payload: { json: 'acknowledgement' },
  },
  time: {
    address: 'd/{deviceId}/dn/tm',
    action: 'send',
    summary: 'The time, signed',
    payload: { cose: 'time' },
  },
  configuration: {
    address: 'd/{deviceId}/dn/cm',
    action: 'send',
    retain: true,
    summary: 'Reporting interval, signed',
    payload: { cose: 'configuration' },
  },
  receipt: {
    address: 'd/{deviceId}/dn/rc',
    action: 'send',
    summary: "A receipt of a reading: the owner's evidence",
    payload: { cose: 'receipt' },
  },
  enrolment: {
    address: 'enrol/{deviceId}/req',
    action: 'receive',
    summary: 'A candidate asks to be enrolled',
    payload: { cose: 'enrolment' },
    reply: 'enrolmentState',
  },
  enrolmentState: {
    address: 'enrol/{deviceId}/res',
    action: 'send',
    summary: 'State of a candidate or device',
    payload: { json: 'enrolmentAnswer' },
  },
  gatewayPresence: {
    address: 'gw/{gatewayId}/st',
    action: 'send',
    retain: true,
    summary: 'Presence of the gateway and what does not work',
    payload: { json: 'gatewayPresence' },
  },
  catalog: {
    address: 'pub/catalog',
    action: 'send',
    retain: true,
    summary: 'What can be bought',
    payload: { json: 'catalog' },
  },
  asyncapi: {
    address: 'pub/asyncapi',
    action: 'send',
    retain: true,
    summary: 'This document',
    payload: { type: 'application/json', schema: { type: 'object', required: ['asyncapi'] } },
  },
  checkpoint: {
    address: 'pub/checkpoint',
    action: 'send',
    retain: true,
    summary: 'Newest checkpoint of the log: C2SP tlog-checkpoint',
    payload: { type: 'text/plain', schema: { type: 'string' } },
  },
  newestEpoch: {
    address: 'pub/epoch',
    action: 'send',
    retain: true,
    summary: 'Record of the newest closed epoch',
    payload: { json: 'epoch' },
  },
  epoch: {
    address: 'pub/epoch/{n}',
    action: 'send',
    retain: true,
    summary: 'Records of the last 24 closed epochs',
    payload: { json: 'epoch' },
  },
  live: {
    address: 'live/{metric}/{cell}/{step}',
    action: 'send',
    retain: true,
    summary: 'Newest released row; readable while the buyer is subscribed by op subscribe',
    payload: { json: 'aggregate' },
  },
  request: {
    address: 'b/{buyer}/req',
    action: 'receive',
    summary: 'What a buyer asks; at most 16 kB',
    payload: { json: 'buyerRequest' },
    reply: 'answer',
  },
  answer: {
    address: 'b/{buyer}/res/{id}',
    action: 'send',
    summary: 'The answer; at most 64 kB',
    payload: { json: 'buyerAnswer' },
  },
  signature: {
    address: 'auth/{client}/sig',
    action: 'receive',
    summary: 'A guest signs its challenge with a wallet',
    payload: { json: 'walletSignature' },
    reply: 'challenge',
  },
  challenge: {
    address: 'auth/{client}',
    action: 'send',
    summary: 'What a guest is to sign, and the session token it got for it',
    payload: { json: 'walletChallenge' },
  },
}

const parameters: Readonly<Record<string, object>> = {
  network: { description: '1 to 32 of a-z, 0-9 and -', examples: ['testnet'] },
  deviceId: { description: 'base32 of the key id, 13 characters', examples: ['qzxo7plhddeii'] },
  gatewayId: { description: 'base32 of the key id, 13 characters', examples: ['qzxo7plhddeii'] },
  n: { description: 'number of an epoch, from 1', examples: ['3'] },
  metric: { description: 'name of a metric', examples: ['pm25'] },
  cell: { description: 'label of a node, H3 index', examples: ['87195da4affffff'] },
  step: { description: 'length of the window, seconds', examples: ['3600'] },
  buyer: { description: 'name of the buyer, its user name and client id', examples: ['acme'] },
  client: { description: 'client id of a guest', examples: ['~5f2c9a7e10b4'] },
  id: { description: 'id of the request; ! where it had none', examples: ['q1'] },
}

const mqttVersion = '0.2.0'

function reference(...path: readonly string[]): { $ref: string } {
  return { $ref: `#/${path.join('/')}` }
}

function namesIn(address: string): string[] {
  return [...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
}

function messageOf(name: string, { summary, payload }: Topic): object {
  const about = { name, summary }
  if ('json' in payload) {
    const schema = reference('components', 'schemas', payload.json)
    return { ...about, contentType: 'application/json', payload: schema }
  }
  if ('type' in payload) return { ...about, contentType: payload.type, payload: payload.schema }
  return {
    ...about,
    contentType: 'application/cose; cose-type="cose-sign1"',
    payload: {
      schemaFormat: 'application/vnd.ietf.cddl;version=RFC8610',
      schema: `${payload.cose} ; a rule of schemas/fp1.cddl`,
    },
  }
}

function channelOf(name: string, topic: Topic): object {
  const address = `fp1/{network}/${topic.address}`
  const named = namesIn(address).map((one) => [one, reference('components', 'parameters', one)])
  return {
    address,
    summary: topic.summary,
    messages: { [name]: reference('components', 'messages', name) },
    parameters: Object.fromEntries(named),
  }
}

function operationOf(name: string, { action, retain = false, reply }: Topic): object {
  const messagesOf = (channel: string): object[] => [
    reference('channels', channel, 'messages', channel),
  ]
  return {
    action,
    channel: reference('channels', name),
    messages: messagesOf(name),
    ...(reply && {
      reply: { channel: reference('channels', reply), messages: messagesOf(reply) },
    }),
    bindings: { mqtt: { qos: 1, retain, bindingVersion: mqttVersion } },
  }
}

function mapTopics(make: (name: string, topic: Topic) => object): Record<string, object> {
  return Object.fromEntries(
    Object.entries(topics).map(([name, topic]) => [name, make(name, topic)]),
  )
}

/** Every format that a message has; one that holds another refers to it. */
function schemas(): Record<string, object> {
  const registry = z.registry<{ id: string }>()
  for (const { payload } of Object.values(topics))
    if ('json' in payload && !registry.has(jsonFormats[payload.json]))
      registry.add(jsonFormats[payload.json], { id: payload.json })
  for (const [id, part] of Object.entries(answerParts)) registry.add(part, { id })
  const uri = (id: string): string => `#/components/schemas/${id}`
  const made = z.toJSONSchema(registry, { target: 'draft-7', uri })
  return Object.fromEntries(
    Object.entries(made.schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [
      name,
      schema,
    ]),
  )
}

/** The document. */
export function asyncapiDocument(): object {
  return {
    asyncapi: '3.0.0',
    id: 'urn:fieldproof:fp1',
    info: {
      title: 'FieldProof',
      version: '1',
      description:
        'Topics of a FieldProof gateway (protocol FP1): signed readings in, released aggregates ' +
        'and proofs out. Client id = user name = identity; what is not granted is denied.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: '{host}:{port}',
        protocol: 'mqtt',
        protocolVersion: '3.1.1',
        description: 'The embedded broker, or an external one',
        variables: {
          host: { default: '127.0.0.1' },
          port: { default: '1883' },
        },
        security: [reference('components', 'securitySchemes', 'token')],
      },
    },
    channels: mapTopics(channelOf),
    operations: mapTopics(operationOf),
    components: {
      schemas: schemas(),
      messages: mapTopics(messageOf),
      parameters,
      securitySchemes: {
        token: {
          type: 'userPassword',
          description:
            'A device: deviceId and a connect token (COSE co, b64u). A buyer: name and token',
        },
      },
    },
  }
}

/** The generated file. */
export function asyncapiFile(): { path: string; text: string } {
  return { path: 'schemas/asyncapi.json', text: `${JSON.stringify(asyncapiDocument(), null, 1)}\n` }
}
