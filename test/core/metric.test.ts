import { expect, it } from 'vitest'
import { metricByName, metricByWire, metrics } from '../../gateway/core/metric.js'

it('finds each metric by both names, and nothing by others', () => {
  expect(metrics.length).toBe(12)
  for (const metric of metrics) {
    expect(metricByName(metric.name)).toBe(metric)
    expect(metricByWire(metric.wire)).toBe(metric)
  }
  for (const name of ['', '__proto__', 'constructor', 'T', 'Temperature']) {
    expect(metricByName(name)).toBeUndefined()
    expect(metricByWire(name)).toBeUndefined()
  }
})

it('has bounds that stay exact at nine decimals', () => {
  for (const { min, max } of metrics) {
    expect(Number.isInteger(min) && Number.isInteger(max) && min < max).toBe(true)
    expect(Math.max(Math.abs(min), Math.abs(max)) * 1e9).toBeLessThan(Number.MAX_SAFE_INTEGER)
  }
})

it('marks exactly the secondary units of PROTOCOL 2.1', () => {
  for (const metric of metrics)
    expect([metric.name, metric.secondary]).toEqual([
      metric.name,
      ['ug/m3', 'ppm', 'mm'].includes(metric.unit),
    ])
})
