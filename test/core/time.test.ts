import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  formatDuration,
  formatInstant,
  parseDuration,
  parseInstant,
} from '../../gateway/core/time.js'
import { vectorText } from '../support/vectors.js'

const texts = JSON.parse(vectorText('texts'))

it('reads every good text and refuses every bad one', () => {
  for (const { text, seconds } of texts.duration.good) {
    expect([text, parseDuration(text)]).toEqual([text, seconds])
    expect(formatDuration(seconds)).toBe(text)
  }
  for (const text of texts.duration.bad)
    expect([text, parseDuration(text)]).toEqual([text, undefined])
  for (const { text, unixSec } of texts.instant.good) {
    expect([text, parseInstant(text)]).toEqual([text, unixSec])
    expect(formatInstant(unixSec)).toBe(text)
  }
  for (const text of texts.instant.bad)
    expect([text, parseInstant(text)]).toEqual([text, undefined])
})

it('reads durations that are not in their shortest form', () => {
  expect(parseDuration('PT90S')).toBe(90)
  expect(parseDuration('PT24H')).toBe(86_400)
  expect(parseDuration('P0DT60M')).toBe(3_600)
})

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (seconds) => {
      expect(parseDuration(formatDuration(seconds))).toBe(seconds)
      expect(parseInstant(formatInstant(seconds))).toBe(seconds)
    }),
  )
})
