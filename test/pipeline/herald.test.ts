import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startHerald } from '../../gateway/pipeline/herald.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('says everything at the start, and again only what has changed', async () => {
  const said: [string, string][] = []
  let [lost, price] = [[] as string[], 1]
  const herald = startHerald({
    gatewayId: 'qzxo7plhddeii',
    version: '1.2.3',
    degraded: () => lost,
    publish: (topic, text) => void said.push([topic, text]),
    checkpoint: () => 'note',
    epochs: [],
    asyncapi: '{"asyncapi":"3.0.0"}',
    catalog: () => `{"price":${price}}`,
  })
  const first = said.splice(0)
  expect(Object.fromEntries(first)).toEqual({
    'gw/qzxo7plhddeii/st': '{"on":1,"version":"1.2.3","degraded":[]}',
    'pub/catalog': '{"price":1}',
    'pub/asyncapi': '{"asyncapi":"3.0.0"}',
    'pub/checkpoint': 'note',
  })
  vi.advanceTimersByTime(60_000)
  expect(said).toEqual([])
  price = 2
  vi.advanceTimersByTime(60_000)
  expect(said.splice(0)).toEqual([['pub/catalog', '{"price":2}']])
  lost = ['mqtt: away']
  vi.advanceTimersByTime(60_000)
  expect(said).toHaveLength(1)
  await herald.stop()
  price = 3
  vi.advanceTimersByTime(60_000)
  expect(said).toHaveLength(1)
})
