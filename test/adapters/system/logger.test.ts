import { expect, test } from 'vitest'
import { createLogger } from '../../../gateway/adapters/system/logger.js'
import { Failure } from '../../../gateway/core/failure.js'

function collect(format: 'text' | 'json', colour = false) {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', format, colour, write: (line) => lines.push(line) })
  return { lines, logger }
}

test('JSON lines, one object each', () => {
  const { lines, logger } = collect('json')
  logger.warn({ part: 'mqtt', port: 1883 }, 'in use')
  logger.debug('not shown')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    part: 'mqtt',
    port: 1883,
    msg: 'in use',
  })
})

test('text for people; what comes from outside cannot forge a line', () => {
  const { lines, logger } = collect('text')
  logger.error({ part: 'serial', err: new Failure('check', 'bad\u001b[2J') }, 'a\nb\u202e')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d error serial: a\?b\? \(err=bad\?\[2J\)\n$/)
})

test('secrets are blotted out', () => {
  const { lines, logger } = collect('json')
  logger.info({ token: 'secret-1', store: { password: 'secret-2' } }, 'x')
  expect(lines.join()).not.toContain('secret-')
  expect(lines.join()).toContain('(hidden)')
})

test('colour only where asked', () => {
  const plain = collect('text')
  plain.logger.warn('x')
  const coloured = collect('text', true)
  coloured.logger.warn('x')
  expect(plain.lines[0]).not.toContain('\u001b')
  expect(coloured.lines[0]).toContain('\u001b[33mwarn')
})
