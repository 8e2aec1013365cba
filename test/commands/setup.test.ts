import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { ask, setupCommand } from '../../gateway/commands/setup.js'
import { configText } from '../../gateway/commands/setupQuestions.js'
import { loadConfig } from '../../gateway/config.js'
import { runCommand } from '../support/cli.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-setup-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a person types, and what is shown to them. */
async function answered(lines: readonly string[]) {
  const input = new PassThrough()
  const output = new PassThrough()
  let shown = ''
  output.on('data', (text) => (shown += text))
  input.end(lines.map((line) => `${line}\n`).join(''))
  return { answers: await ask(input, output), shown }
}

test('with --yes: a file of defaults, which the gateway takes as it is', async () => {
  const file = join(folder, 'yes.yaml')
  const result = await runCommand(setupCommand(), ['--yes', '-o', file])
  expect(result).toMatchObject({
    code: 0,
    out: expect.stringContaining(`fieldproof start --config`),
  })
  const config = await loadConfig({ file })
  const plain = await loadConfig({})
  expect(config).toEqual({ ...plain, dataDir: join(folder, 'fieldproof-data') })
})

test('six questions; Enter takes the default, and what is wrong is asked again', async () => {
  const { answers, shown } = await answered([
    'Not A Name',
    'aberdeen',
    '',
    'maybe',
    'yes',
    'y',
    'influx:8086',
    'http://127.0.0.1:8086',
    '/mnt/usb',
  ])
  expect(shown.match(/\d of 6\. /g)).toHaveLength(6)
  expect(shown).toContain('expected 1 to 32 of a-z, 0-9 and -')
  expect(shown).toContain('expected yes or no')
  const file = join(folder, 'asked.yaml')
  writeFileSync(file, configText(answers))
  expect(await loadConfig({ file })).toMatchObject({
    network: 'aberdeen',
    mqtt: { host: '0.0.0.0' },
    enrolment: { open: true },
    store: { kind: 'influxdb', url: 'http://127.0.0.1:8086' },
    backup: { folder: '/mnt/usb', at: '03:00', keep: 7 },
  })
})

test('what is commented out is good where the comment marks are removed', async () => {
  const { answers } = await answered(Array(6).fill(''))
  const text = configText(answers)
    .replace(/^# ((?: {2})*[a-zA-Z]+:.*)$/gm, '$1')
    .replace(/^#( +\S+: .*)$/gm, '$1')
  const file = join(folder, 'all.yaml')
  writeFileSync(file, text)
  expect(await loadConfig({ file })).toMatchObject({
    store: { kind: 'influxdb' },
    backup: { folder: '/mnt/usb/fieldproof' },
    homeAssistant: { enabled: true },
  })
})

test('an input that ends writes nothing, and a file that is there stays', async () => {
  await expect(answered(['aberdeen', ''])).rejects.toMatchObject({ code: 'usage' })
  const file = join(folder, 'mine.yaml')
  writeFileSync(file, 'network: mine\n')
  const refused = await runCommand(setupCommand(), ['--yes', '-o', file])
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--force') })
  expect(readFileSync(file, 'utf8')).toBe('network: mine\n')
  expect((await runCommand(setupCommand(), ['--yes', '--force', '-o', file])).code).toBe(0)
})
