/** Long commands in a terminal and out of one: a bar that redraws itself, or lines; an end that is one. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'

const entry = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))
const esc = String.fromCharCode(27)

let gateway: RunningGateway

beforeAll(async () => {
  gateway = await startGateway({ env: { FIELDPROOF_ENROLMENT__OPEN: 'true' } })
})

afterAll(() => gateway?.stop())

const command = (...more: string[]): string[] => [
  ...[entry, 'simulate', '-d', gateway.dataDir, '--devices', '3', '--rate', '10', '--seed', 'tty'],
  ...more,
]

/** In a terminal of 80 columns, as `script` makes one. */
function inTerminal(args: readonly string[], env: Record<string, string> = {}) {
  const line = [process.execPath, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', `stty cols 80; exec ${line}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.on('data', (chunk) => {
    shown += chunk
  })
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, shown: () => shown, type: (text: string) => child.stdin.write(text) }
}

test('a terminal shows one bar, in colour', async () => {
  const run = inTerminal(command('--duration', '2'))
  expect(await run.code, run.shown()).toBe(0)
  const bars = run.shown().match(/█+/g) ?? []
  expect(bars.length).toBeGreaterThan(3)
  expect(run.shown()).toContain(`${esc}[32m█`)
  expect(run.shown()).toContain('100 %')
  expect(run.shown()).toContain('holds exactly what it acknowledged')
})

test('NO_COLOR takes the colour, not the bar', async () => {
  const run = inTerminal(command('--duration', '1'), { NO_COLOR: '1' })
  expect(await run.code, run.shown()).toBe(0)
  expect(run.shown()).toContain('█')
  expect(run.shown()).not.toContain(`${esc}[3`)
})

test('Ctrl-C ends the work, not the comparison', async () => {
  const run = inTerminal(command())
  await until('readings', () => /[1-9]\d* acknowledged/.test(run.shown()))
  run.type('\x03')
  expect(await run.code, run.shown()).toBe(0)
  expect(run.shown()).toContain('holds exactly what it acknowledged')
})

test('elsewhere there are lines without a single escape', async () => {
  const child = spawn(process.execPath, command('--duration', '1'), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let shown = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      shown += chunk
    })
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code, shown).toBe(0)
  expect(shown).not.toContain(esc)
  expect(shown).not.toContain('\r')
  expect(shown).toMatch(/^100 % .*acknowledged/m)
})
