import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, until } from '../support/gateway.js'

const entry = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))

describe('fieldproof demo --board', () => {
  it('shows readings of firmware beside those of virtual devices', async () => {
    const folder = temporaryFolder('fieldproof-demo')
    const args = ['demo', '--board', '--devices', '1', '--period', '1', '--data-dir', folder]
    const demo = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, FIELDPROOF_MQTT__PORT: '0', FIELDPROOF_HTTP__PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const gone = new Promise<number | null>((resolve) => demo.once('exit', resolve))
    let text = ''
    demo.stdout.on('data', (chunk) => (text += chunk))
    demo.stderr.on('data', (chunk) => (text += chunk))
    const options = { deadlineMs: 80_000, detail: () => text }
    try {
      const device = await until(
        'the board to say who it is',
        () => /(\w{13}): rp2040, firmware/.exec(text)?.[1],
        options,
      )
      const reading = new RegExp(`accepted +${device} #\\d+ +temperature [\\d.]+`)
      await until('a reading of the board', () => reading.test(text), options)
      expect(text).toContain('enrolment code')
    } finally {
      demo.kill('SIGINT')
    }
    expect(await gone).toBe(0)
  })
})
