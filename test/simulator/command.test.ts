import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { faultNames } from '../../simulator/faults.js'
import type { Audit } from '../../simulator/oracle.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'

const entry = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))

/** `fieldproof simulate ..` in a process of its own. */
function simulate(args: readonly string[]) {
  const child = spawn(process.execPath, [entry, 'simulate', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, out: () => out, err: () => err, interrupt: () => child.kill('SIGINT') }
}

describe('fieldproof simulate', () => {
  let gateway: RunningGateway | undefined
  afterAll(() => gateway?.stop())

  it('explains itself, every fault included', async () => {
    const help = simulate(['--help'])
    expect(await help.code).toBe(0)
    for (const name of faultNames) expect(help.out()).toContain(name)
  })

  it.each([
    [2, ['--fault', 'nonsense']],
    [2, ['--rate', '0']],
    [2, ['--values', '65']],
    [2, ['--mqtt', 'http://127.0.0.1:1']],
    [2, ['--mqtt', 'mqtt://127.0.0.1:1', '--replay', '/nowhere.csv']],
    [69, []],
  ])('ends with %i for %j', async (code, args) => {
    const run = simulate(['--data-dir', temporaryFolder(), '--duration', '1', ...args])
    expect(await run.code, run.err()).toBe(code)
    expect(run.err()).not.toContain('defect')
  })

  it('finds the gateway by its data directory, and compares at the end', async () => {
    gateway = await startGateway({ env: { FIELDPROOF_ENROLMENT__OPEN: 'true' } })
    const { api } = gateway
    const base = ['-d', gateway.dataDir, '--devices', '3', '--rate', '10', '--seed', 'command']
    const counted = simulate([...base, '--duration', '1', '--json'])
    expect(await counted.code, counted.err()).toBe(0)
    const { audit }: { audit: Audit } = JSON.parse(counted.out())
    expect(audit).toMatchObject({ stored: true, devices: 3, differenceCount: 0 })
    expect(audit.messages).toBeGreaterThan(10)

    const endless = simulate(base)
    await until('its first line', () => endless.err().includes('seed command'))
    await until('readings', async () => {
      const devices = await api<{ accepted: number }[]>('/api/devices')
      return devices.reduce((sum, { accepted }) => sum + accepted, 0) > audit.messages + 10
    })
    endless.interrupt()
    expect(await endless.code, endless.err()).toBe(0)
    expect(endless.out()).toContain('holds exactly what it acknowledged')
  })
})
