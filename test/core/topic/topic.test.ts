import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  belowRoot,
  contains,
  isFilter,
  matches,
  mayPublish,
  mayRead,
  maySubscribe,
  type Principal,
  parseTopic,
} from '../../../gateway/core/topic.js'

const self = 'qzxo7plhddeii'
const other = 'aaaaaaaaaaaaa'
const device: Principal = { role: 'device', name: self }
const candidate: Principal = { role: 'candidate', name: self }
const buyer: Principal = { role: 'buyer', name: 'acme' }
const gateway: Principal = { role: 'gateway', name: self }
const everyone = [device, candidate, buyer, gateway]

describe('parseTopic', () => {
  it.each([
    [`d/${self}/up/rd`, { kind: 'up', device: self, what: 'rd' }],
    [`d/${self}/up/tq`, { kind: 'up', device: self, what: 'tq' }],
    [`d/${self}/st`, { kind: 'status', device: self }],
    [`d/${self}/dn/cm`, { kind: 'down', device: self, what: 'cm' }],
    [`enrol/${self}/req`, { kind: 'enrol', device: self, what: 'req' }],
    [`gw/${self}/st`, { kind: 'gateway', gateway: self }],
    ['pub/epoch/12', { kind: 'public', path: 'epoch/12' }],
    ['pub/checkpoint', { kind: 'public', path: 'checkpoint' }],
    [
      'live/pm25/871fb4670ffffff/3600',
      { kind: 'live', metric: 'pm25', cell: '871fb4670ffffff', stepSec: 3600 },
    ],
    ['b/acme/req', { kind: 'request', buyer: 'acme' }],
    ['b/acme/res/q1', { kind: 'response', buyer: 'acme', id: 'q1' }],
    ['b/acme/res/!', { kind: 'response', buyer: 'acme', id: '!' }],
  ])('reads %s', (topic, parsed) => {
    expect(parseTopic(topic)).toEqual(parsed)
  })

  it.each([
    '',
    '/',
    'd',
    'd/',
    `d/${self}`,
    `d/${self}/up`,
    `d/${self}/up/`,
    `d/${self}/up/xx`,
    `d/${self}/up/rd/`,
    `d/${self}/st/`,
    `d/${self.toUpperCase()}/st`,
    `d/${self}a/st`,
    'd/+/st',
    `d/${self}/#`,
    `/d/${self}/st`,
    `enrol/${self}/st`,
    'pub',
    'pub/',
    'pub/epoch/',
    'pub/epoch/0',
    'pub/other',
    'live/pm25/871fb4670ffffff/PT1H',
    'b/Acme/req',
    'b/acme/res',
    'b/acme/res/a/b',
    'b//req',
    '$SYS/broker',
    'toString/x/y',
  ])('knows no topic %s', (topic) => {
    expect(parseTopic(topic)).toBeUndefined()
    for (const principal of everyone) expect(mayPublish(principal, topic, false)).toBe(false)
  })
})

describe('belowRoot', () => {
  it('strips the root of its own network alone', () => {
    expect(belowRoot('local', 'fp1/local/d/x/st')).toBe('d/x/st')
    for (const topic of ['fp1/local', 'fp1/local/', 'fp1/other/d/x/st', 'fp1/+/d/x/st', '#', '+/#'])
      expect(belowRoot('local', topic), topic).toBeUndefined()
    for (const topic of ['fp1/#', '/fp1/local/pub/#', '$share/g/fp1/local/pub/#', '$SYS/#'])
      expect(belowRoot('local', topic), topic).toBeUndefined()
  })
})

describe('mayPublish', () => {
  it('lets a device speak for itself and retain its presence alone', () => {
    for (const what of ['rd', 'ro', 'rv', 'tq']) {
      expect(mayPublish(device, `d/${self}/up/${what}`, false)).toBe(true)
      expect(mayPublish(device, `d/${self}/up/${what}`, true)).toBe(false)
      expect(mayPublish(device, `d/${other}/up/${what}`, false)).toBe(false)
    }
    expect(mayPublish(device, `d/${self}/st`, true)).toBe(true)
    expect(mayPublish(device, `d/${self}/st`, false)).toBe(true)
    expect(mayPublish(device, `d/${other}/st`, true)).toBe(false)
    for (const topic of [
      `d/${self}/dn/ak`,
      `enrol/${self}/req`,
      `gw/${self}/st`,
      'pub/checkpoint',
      `b/${self}/req`,
    ])
      expect(mayPublish(device, topic, false), topic).toBe(false)
  })

  it('lets a candidate ask, a buyer request, the gateway answer, and no more', () => {
    expect(mayPublish(candidate, `enrol/${self}/req`, false)).toBe(true)
    expect(mayPublish(candidate, `enrol/${self}/req`, true)).toBe(false)
    expect(mayPublish(candidate, `enrol/${other}/req`, false)).toBe(false)
    expect(mayPublish(candidate, `enrol/${self}/res`, false)).toBe(false)
    expect(mayPublish(candidate, `d/${self}/up/rd`, false)).toBe(false)
    expect(mayPublish(candidate, `d/${self}/st`, true)).toBe(false)
    expect(mayPublish(buyer, 'b/acme/req', false)).toBe(true)
    expect(mayPublish(buyer, 'b/acme/req', true)).toBe(false)
    expect(mayPublish(buyer, 'b/other/req', false)).toBe(false)
    expect(mayPublish(buyer, 'b/acme/res/q1', false)).toBe(false)
    expect(mayPublish(gateway, `d/${other}/dn/ak`, false)).toBe(true)
    expect(mayPublish(gateway, `gw/${self}/st`, true)).toBe(true)
    expect(mayPublish(gateway, `gw/${other}/st`, true)).toBe(false)
    expect(mayPublish(gateway, `d/${self}/up/rd`, false)).toBe(false)
    expect(mayPublish(gateway, 'b/acme/req', false)).toBe(false)
  })
})

describe('maySubscribe', () => {
  it.each([
    [device, `d/${self}/dn/#`],
    [device, `d/${self}/dn/+`],
    [device, `d/${self}/dn/ak`],
    [device, `d/${self}/dn`],
    [candidate, `enrol/${self}/res`],
    [buyer, 'b/acme/res/+'],
    [buyer, 'b/acme/res/q1'],
    [buyer, 'pub/#'],
    [buyer, 'pub'],
    [buyer, 'pub/epoch/+'],
    [gateway, 'd/+/up/+'],
    [gateway, 'd/+/st'],
    [gateway, 'b/+/req'],
  ] satisfies [Principal, string][])('grants %o %s', (principal, filter) => {
    expect(maySubscribe(principal, filter)).toBe(true)
  })

  it.each([
    [device, '#'],
    [device, '+'],
    [device, 'd/#'],
    [device, 'd/+/dn/#'],
    [device, `d/${self}/#`],
    [device, `d/${self}/+/ak`],
    [device, `d/${self}/up/rd`],
    [device, `d/${self}/st`],
    [device, `d/${other}/dn/#`],
    [device, 'pub/#'],
    [device, `enrol/${self}/res`],
    [device, `$share/g/d/${self}/dn/#`],
    [device, `d/${self}/dn/#/x`],
    [device, `d/${self}/dn#`],
    [device, `d/${self}/dn/a+`],
    [device, `d/${self}/dn/\0`],
    [device, ''],
    [candidate, `enrol/${self}/+`],
    [candidate, `enrol/${self}/req`],
    [candidate, `d/${self}/dn/#`],
    [buyer, 'b/acme/#'],
    [buyer, 'b/acme/res/#'],
    [buyer, 'b/+/res/+'],
    [buyer, 'b/acme/req'],
    [buyer, 'live/#'],
    [buyer, 'live/+/+/+'],
    [buyer, 'live/pm25/#'],
    [buyer, 'live/pm25/+/+'],
    // Granted one by one by op subscribe, in the session.
    [buyer, 'live/pm25/871fb4670ffffff/3600'],
    [buyer, 'd/+/up/rd'],
    [buyer, '$SYS/#'],
    [buyer, '$share/g/pub/#'],
    [gateway, 'd/#'],
  ] satisfies [Principal, string][])('refuses %o %s', (principal, filter) => {
    expect(maySubscribe(principal, filter)).toBe(false)
  })

  it('grants nothing to a name that would widen a filter', () => {
    for (const name of ['+', '#', 'a/b', '', '+/res/+/../x']) {
      for (const role of ['device', 'candidate', 'gateway'] as const)
        expect(maySubscribe({ role, name }, `d/${self}/dn/ak`)).toBe(false)
      expect(maySubscribe({ role: 'buyer', name }, 'pub/#')).toBe(false)
    }
  })

  it('never lets a topic through that is not subscribable, wildcards as topics included', () => {
    expect(mayRead(device, `d/${self}/dn/ak`)).toBe(true)
    expect(mayRead(device, `d/${self}/dn/+`)).toBe(false)
    expect(mayRead(device, `d/${other}/dn/ak`)).toBe(false)
    expect(mayRead(buyer, 'pub/checkpoint')).toBe(true)
  })
})

/** MQTT 3.1.1 section 4.7, written the long way, as the judge of the short way. */
function matchesSlowly(filter: readonly string[], topic: readonly string[], first = true): boolean {
  const [level, ...filterRest] = filter
  const [name, ...topicRest] = topic
  const isSystem = first && name?.startsWith('$') === true
  if (level === '#') return !isSystem
  if (level === undefined || name === undefined)
    return level === undefined ? name === undefined : false
  if (level === '+' ? isSystem : level !== name) return false
  if (topicRest.length === 0 && filterRest.length === 1 && filterRest[0] === '#') return true
  return matchesSlowly(filterRest, topicRest, false)
}

/** All topics of up to four levels over these names; `x` stands for every name in no filter. */
function topics(names: readonly string[]): string[] {
  let level: string[] = [...names]
  const all = [...level]
  for (let depth = 1; depth < 4; depth++) {
    level = level.flatMap((topic) => names.map((name) => `${topic}/${name}`))
    all.push(...level)
  }
  return all
}

describe('filters as sets of topics', () => {
  const universe = topics(['a', 'b', '$s', 'x'])
  const level = fc.constantFrom('a', 'b', '$s', '+')
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/'))
    .filter(isFilter)
    // `+/#` is another spelling of `#`, which `contains` does not look for.
    .filter((text) => text !== '+/#')
  const anyFilter = fc.oneof(filter, fc.constant('#'))

  it('matches as the standard says', () => {
    fc.assert(
      fc.property(anyFilter, fc.constantFrom(...universe), (one, topic) => {
        expect(matches(one, topic)).toBe(matchesSlowly(one.split('/'), topic.split('/')))
      }),
      { numRuns: 3_000 },
    )
  })

  it('contains a filter exactly where it matches all of its topics', () => {
    fc.assert(
      fc.property(anyFilter, anyFilter, (outer, inner) => {
        const missed = universe.find(
          (topic) =>
            matchesSlowly(inner.split('/'), topic.split('/')) &&
            !matchesSlowly(outer.split('/'), topic.split('/')),
        )
        expect(contains(outer, inner), `${outer} around ${inner}, ${missed}`).toBe(
          missed === undefined,
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('grants a subscription only if every topic that it matches may be read', () => {
    const names = ['d', 'b', 'pub', 'live', self, 'acme', 'dn', 'up', 'st', 'res', 'pm25', 'x']
    const levels = fc.array(fc.constantFrom(...names, '+'), { minLength: 1, maxLength: 5 })
    const asked = fc
      .tuple(levels, fc.boolean())
      .map(([path, open]) => (open ? [...path, '#'] : path).join('/'))
    const filled = fc.array(fc.constantFrom(...names), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(fc.constantFrom(...everyone), asked, filled, (principal, one, fill) => {
        if (!maySubscribe(principal, one)) return
        const topic = one
          .split('/')
          .map((name, at) => (name === '+' || name === '#' ? fill[at]! : name))
          .join('/')
        expect(mayRead(principal, topic), `${one} > ${topic}`).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})
