/** asyncapi.json by what AsyncAPI 3.0 demands of a document, and by the topics of core/topic.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mayPublish, mayRead, type Principal, parseTopic } from '../../gateway/core/topic.js'
import { projectRoot } from '../support/root.js'

type Node = { readonly [name: string]: unknown }

interface Channel {
  address: string
  messages: Record<string, { $ref: string }>
  parameters: Record<string, { $ref: string; examples: string[] }>
}

interface Operation {
  action: string
  channel: { $ref: string }
  messages: { $ref: string }[]
  reply?: { channel: { $ref: string }; messages: { $ref: string }[] }
  bindings: { mqtt: Node }
}

interface Document extends Node {
  channels: Record<string, Channel>
  operations: Record<string, Operation>
  components: { messages: Record<string, Node>; schemas: Record<string, Node>; parameters: object }
}

const text = readFileSync(join(projectRoot(), 'schemas/asyncapi.json'), 'utf8')
const document = JSON.parse(text) as Document
const { channels, operations, components } = document

/** RFC 6901 in a document without escapes. */
function at(reference: string): unknown {
  expect(reference.startsWith('#/')).toBe(true)
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, name) => (node as Node | undefined)?.[name], document)
}

function* references(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return
  if ('$ref' in node && typeof node.$ref === 'string') yield node.$ref
  for (const inner of Object.values(node)) yield* references(inner)
}

/** The address with the examples of its parameters, below the root. */
function exampleOf({ address, parameters }: Channel): string {
  const filled = address.replace(/\{(\w+)\}/g, (_, name: string) => {
    const { examples } = at(parameters[name]!.$ref) as { examples: string[] }
    return examples[0]!
  })
  expect(filled.startsWith('fp1/testnet/')).toBe(true)
  return filled.slice('fp1/testnet/'.length)
}

function keysOf(node: object, allowed: readonly string[]): void {
  for (const name of Object.keys(node)) expect(allowed).toContain(name)
}

describe('the AsyncAPI document', () => {
  it('has the members of AsyncAPI 3.0, and no other', () => {
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      info: { title: 'FieldProof', version: '1' },
    })
    const root = ['asyncapi', 'id', 'info', 'servers', 'defaultContentType', 'channels']
    keysOf(document, [...root, 'operations', 'components'])
    for (const channel of Object.values(channels))
      keysOf(channel, ['address', 'title', 'summary', 'messages', 'parameters', 'bindings'])
    for (const operation of Object.values(operations)) {
      keysOf(operation, ['action', 'channel', 'messages', 'reply', 'bindings'])
      expect(['send', 'receive']).toContain(operation.action)
      expect(operation.bindings.mqtt).toMatchObject({ qos: 1, bindingVersion: '0.2.0' })
    }
    for (const message of Object.values(components.messages)) {
      keysOf(message, ['name', 'summary', 'contentType', 'payload'])
      expect(message.payload).toBeTypeOf('object')
    }
  })

  it('refers to nothing that is not there', () => {
    const all = [...references(document)]
    expect(all.length).toBeGreaterThan(100)
    for (const reference of all)
      expect([reference, at(reference) !== undefined]).toEqual([reference, true])
    expect(text).not.toContain('#/definitions/')
    expect(text).not.toContain('#/$defs/')
  })

  it('names the parameters of each address, and messages of the channel of each operation', () => {
    for (const [name, { address, parameters }] of Object.entries(channels)) {
      const named = [...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
      expect([name, Object.keys(parameters).sort()]).toEqual([name, named.sort()])
    }
    for (const { channel, messages, reply } of Object.values(operations)) {
      for (const { $ref } of messages)
        expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true)
      for (const { $ref } of reply?.messages ?? [])
        expect($ref.startsWith(`${reply!.channel.$ref}/messages/`)).toBe(true)
    }
    expect(Object.keys(operations).sort()).toEqual(Object.keys(channels).sort())
  })

  it('names every rule of COSE that a message has', () => {
    const cddl = readFileSync(join(projectRoot(), 'schemas/fp1.cddl'), 'utf8')
    let rules = 0
    for (const { payload } of Object.values(components.messages)) {
      const { schemaFormat, schema } = payload as { schemaFormat?: string; schema?: string }
      if (schemaFormat === undefined) continue
      rules += 1
      const rule = schema!.split(' ')[0]!
      expect([rule, new RegExp(`^${rule} += `, 'm').test(cddl)]).toEqual([rule, true])
    }
    expect(rules).toBe(7)
  })

  it('has every topic of the protocol, for those who may use it', () => {
    const device: Principal = { role: 'device', name: 'qzxo7plhddeii' }
    const candidate: Principal = { role: 'candidate', name: 'qzxo7plhddeii' }
    const buyer: Principal = { role: 'buyer', name: 'acme' }
    const gateway: Principal = { role: 'gateway', name: 'qzxo7plhddeii' }
    const guest: Principal = { role: 'guest', name: '~5f2c9a7e10b4', buyer: 'acme' }
    const others = [device, candidate, buyer, guest]
    const kinds = new Set<string>()
    for (const [name, channel] of Object.entries(channels)) {
      const topic = exampleOf(channel)
      const { action, bindings } = operations[name]!
      const retain = bindings.mqtt.retain === true
      kinds.add(parseTopic(topic)?.kind ?? `${topic} is no topic`)
      if (action === 'receive')
        expect([topic, others.some((one) => mayPublish(one, topic, retain))]).toEqual([topic, true])
      else {
        expect([topic, mayPublish(gateway, topic, retain)]).toEqual([topic, true])
        // The state of the gateway is read where it is shown, by nobody over MQTT; a live topic by
        // whom the session holds a grant for.
        const isRead = others.some((one) => mayRead(one, topic))
        expect([topic, isRead]).toEqual([topic, !/^(gw|live)\//.test(topic)])
      }
    }
    const all = [
      'up',
      'status',
      'down',
      'enrol',
      'gateway',
      'public',
      'live',
      'request',
      'response',
      'auth',
    ]
    expect([...kinds].sort()).toEqual(all.sort())
  })

  it('fits one message', () => {
    expect(JSON.stringify(document).length).toBeLessThan(64 * 1024)
  })
})
