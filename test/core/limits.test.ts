import { expect, it } from 'vitest'
import * as limits from '../../gateway/core/limits.js'

it('keeps the relations between limits', () => {
  const {
    absoluteTimeMin,
    ageSecMax,
    devicePacketBytesMax,
    entryBytesMax,
    lineCharsMax,
    logBytesMax,
    messageBytesMax,
    offsetSecMax,
    sentenceCharsMax,
    seqMax,
    serialMessageBytesMax,
    verifyBatchMax,
    intakeQueueMax,
  } = limits
  // The log holds every message that can be accepted, and a packet holds one with its topic.
  expect(entryBytesMax).toBeGreaterThanOrEqual(messageBytesMax)
  expect(devicePacketBytesMax).toBeGreaterThan(messageBytesMax + 256)
  // A serial line: `$FPRD,255,`, base64url, `*`, four digits, CR LF.
  expect(sentenceCharsMax + 2).toBe(lineCharsMax)
  const lineChars = 10 + Math.ceil((serialMessageBytesMax * 4) / 3) + 5 + 2
  expect(lineChars).toBeLessThanOrEqual(lineCharsMax)
  // What core/frame/lineGuard.ts relies on when a sentence turns out to be log.
  expect(logBytesMax).toBeLessThanOrEqual(sentenceCharsMax + 1)
  // A pack may reach back as far as a reading may be old.
  expect(offsetSecMax).toBe(ageSecMax)
  expect(absoluteTimeMin).toBe(2 ** 28)
  expect(Number.isSafeInteger(seqMax) && !Number.isSafeInteger(seqMax + 1)).toBe(true)
  expect(intakeQueueMax % verifyBatchMax).toBe(0)
})

it('has only positive integers, but for the exponent', () => {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || name === 'decimalExponentMin') continue
    expect([name, value > 0]).toEqual([name, true])
  }
})
