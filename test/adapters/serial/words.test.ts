import { describe, expect, test } from 'vitest'
import { Noise } from '../../../gateway/adapters/serial/noise.js'
import { shown } from '../../../gateway/adapters/serial/shown.js'
import { explain } from '../../../gateway/adapters/serial/trouble.js'
import { parseLine } from '../../../gateway/core/frame/sentence.js'
import { serialLogCharsMax } from '../../../gateway/core/limits.js'

// The words of the driver (@serialport/bindings-cpp 13) on Linux, macOS and Windows.
test.each([
  ['Error: Permission denied, cannot open /dev/ttyUSB0', 'denied'],
  ['Error Resource temporarily unavailable Cannot lock port', 'busy'],
  ['Error: Device or resource busy, cannot open /dev/ttyUSB0', 'busy'],
  ['Opening COM3: Access denied', 'busy'],
  ['Error: No such file or directory, cannot open /dev/ttyUSB0', 'missing'],
  ['Opening COM3: File not found', 'missing'],
  ['Error: Input/output error, cannot open /dev/ttyUSB0', 'missing'],
  ['Error: Inappropriate ioctl for device setting custom baud rate of 115200', 'failed'],
  ['Error: something new', 'failed'],
])('%s is %s, with what to do next', (message, state) => {
  const explained = explain('/dev/ttyUSB0', message)
  expect(explained.state).toBe(state)
  expect(explained.text).toContain(': ')
})

describe('a line of the log', () => {
  const log = (text: string) => {
    const line = parseLine(text)
    return line.kind === 'log' ? shown(line.text) : undefined
  }

  test('loses its colours and keeps its letters', () => {
    expect(log('\u001b[0;32mI (5) heat: 21 \u00b0C\u001b[0m')).toBe('I (5) heat: 21 \u00b0C')
  })

  test('cannot move the cursor of who reads it', () => {
    expect(log('a\u001b[2J\u001b]0;x\u0007 b\u202e')).toMatch(/^[^\p{Cc}\p{Cf}]*$/u)
  })

  test('is cut', () => {
    expect(log('x'.repeat(400))).toBe(`${'x'.repeat(serialLogCharsMax - 1)}\u2026`)
  })

  test('is not shown where it is no text', () => {
    expect(log('\u0001\u0002a\u0003\u0004')).toBe('')
  })
})

describe('noise', () => {
  test('is mostly bytes that no text holds, and enough of them', () => {
    const noise = new Noise()
    noise.add(new Uint8Array(255).fill(0xf0))
    expect(noise.heard).toBe(false)
    noise.add(new Uint8Array(1).fill(0xf0))
    expect(noise.heard).toBe(true)
    noise.add(new Uint8Array(2000).fill(0x41))
    expect(noise.heard).toBe(false)
  })

  test('is not the boot message of a board at another speed before its log', () => {
    const noise = new Noise()
    noise.add(new Uint8Array(70).fill(0x8f))
    noise.add(Buffer.from('I (123) boot: ready\r\n'.repeat(20)))
    expect(noise.heard).toBe(false)
  })
})
