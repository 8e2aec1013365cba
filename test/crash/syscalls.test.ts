import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway, temporaryFolder } from '../support/gateway.js'
import { enrol, testNetwork } from '../support/mqttDevice.js'
import { epochViolations } from './epochOracle.js'
import { type Sender, senderOf, sendThrough, violations } from './load.js'

const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
/** What makes something durable, or changes names and sizes on disk. */
const durable = ['fdatasync', 'fsync', 'rename', 'pwrite64', 'ftruncate']
/** More would mean that the run never gets through. */
const callsMax = 200

/** A gateway that is killed at its n-th call of a name; `undefined` where it did not get to listen. */
function killedAt(call: string, n: number, dataDir: string): Promise<RunningGateway | undefined> {
  const inject = `inject=${call}:signal=SIGKILL:when=${n}`
  return startGateway({
    dataDir,
    // The tracer counts per thread: one thread for files gives every call its number.
    env: { ...env, UV_THREADPOOL_SIZE: '1' },
    wrapper: ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', inject],
  }).catch(() => undefined)
}

/** One life: enrols where it is new, sends, stops. Resolves with the exit code, wherever it ended. */
async function live(gateway: RunningGateway | undefined, sender: Sender): Promise<number | null> {
  if (!gateway) return null
  const isKnown = await enrolled(gateway, sender)
  if (isKnown) await sendThrough(gateway, sender, 6)
  // Refused in a first second, and lost with a gateway that is killed: the next life says what holds.
  await gateway.api('/api/epochs/close', {}).catch(() => undefined)
  return gateway.stop()
}

async function enrolled(gateway: RunningGateway, sender: Sender): Promise<boolean> {
  try {
    const devices = await gateway.api<{ device: string; state: string }[]>('/api/devices')
    if (!devices.some(({ device, state }) => device === sender.id && state === 'active'))
      await Promise.race([enrol(gateway, sender.holder), gateway.gone.then(() => Promise.reject())])
    return true
  } catch {
    return false
  }
}

/** Kills at every call of every name; resolves with how many there were. */
async function killAtEach(makeDir: () => string, makeSender: () => Sender): Promise<number> {
  let calls = 0
  for (const call of durable) calls += await killAtEachOf(call, makeDir, makeSender)
  return calls
}

/** Kills at the first call, the second, and so on, until a life gets through. */
async function killAtEachOf(
  call: string,
  makeDir: () => string,
  makeSender: () => Sender,
): Promise<number> {
  for (let n = 1; n <= callsMax; n++) {
    const dataDir = makeDir()
    const sender = makeSender()
    const code = await live(await killedAt(call, n, dataDir), sender)
    const wasKilled = code !== 0
    expect(
      await live(await startGateway({ dataDir, env }), sender),
      `the start after ${call} ${n}`,
    ).toBe(0)
    expect(sender.waiting.size, `after ${call} ${n}`).toBe(0)
    expect(await violations(dataDir, [sender]), `after ${call} ${n}`).toEqual([])
    expect((await epochViolations(dataDir)).found, `after ${call} ${n}`).toEqual([])
    if (!wasKilled) return n - 1
  }
  throw new Error(`no life got through ${callsMax} calls of ${call}`)
}

describe('a kill at each durable system call', () => {
  it('leaves a new data directory that the next start completes', async () => {
    const calls = await killAtEach(
      () => temporaryFolder('fieldproof-syscalls'),
      () => senderOf('new'),
    )
    console.log(`killed at each of ${calls} durable calls of a first start`)
    expect(calls).toBeGreaterThan(10)
  }, 1_800_000)

  it('loses nothing that was acknowledged', async () => {
    const template = join(temporaryFolder('fieldproof-syscalls'), 'data')
    const before = senderOf('known')
    expect(await live(await startGateway({ dataDir: template, env }), before)).toBe(0)
    expect(before.acknowledged.size).toBe(6)
    const calls = await killAtEach(
      () => {
        const copy = join(temporaryFolder('fieldproof-syscalls'), 'data')
        cpSync(template, copy, { recursive: true })
        return copy
      },
      () => ({
        ...before,
        sent: new Map(before.sent),
        acknowledged: new Set(before.acknowledged),
        waiting: new Map(),
      }),
    )
    console.log(`killed at each of ${calls} durable calls of a life`)
    expect(calls).toBeGreaterThan(10)
  }, 1_800_000)
})
