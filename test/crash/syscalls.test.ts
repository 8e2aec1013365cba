import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { type AnyGateway, startGatewayHere } from '../support/gatewayHere.js'
import { enrol, testNetwork } from '../support/mqttDevice.js'
import { epochViolations } from './epochOracle.js'
import { type Sender, senderOf, sendThrough, violations } from './load.js'

const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
/** What makes something durable, or changes names and sizes on disk. */
const durable = ['fdatasync', 'fsync', 'rename', 'pwrite64', 'ftruncate']
/** More would mean that the run never gets through. */
const callsMax = 200
/** Longer than a reader of the trace can take; a gateway that is not killed fails its test then. */
const heldMicroseconds = 60_000_000

/**
 * A gateway that is killed at its n-th call of a name; `undefined` where it did not get to listen.
 * The tracer stops it at calls of this name only, which makes it three times as fast, and there
 * cannot send a signal (strace 6.1). It holds the n-th call instead, before anything is done, and
 * the reader of its trace kills: the gateway, then the tracer, which would sit out the delay. The
 * other threads go on for that moment; the held call is never made.
 */
function killedAt(call: string, n: number, dataDir: string): Promise<RunningGateway | undefined> {
  const hold = `inject=${call}:delay_enter=${heldMicroseconds}:when=${n}`
  // A call in hand is printed up to its arguments, after the number of its thread.
  const kill = `/(\\d+) +${call}\\($/ && ++$calls{$1} == ${n} && kill "KILL", $1, getppid`
  const reader = `|exec perl -ne 'BEGIN { $/ = "(" } ${kill}'`
  const only = ['-f', '--seccomp-bpf', '-qq', '-e', `trace=${call}`]
  return startGateway({
    dataDir,
    // The tracer counts per thread: one thread for files gives every call its number.
    env: { ...env, UV_THREADPOOL_SIZE: '1' },
    wrapper: ['strace', ...only, '-e', hold, '-o', reader],
  }).catch(() => undefined)
}

/** One life: enrols where it is new, sends, stops. Resolves with the exit code, wherever it ended. */
async function live(
  gateway: AnyGateway,
  sender: Sender,
  close: (gateway: AnyGateway) => Promise<boolean>,
): Promise<number | null> {
  const isKnown = await enrolled(gateway, sender)
  if (isKnown) await sendThrough(gateway, sender, 6)
  await close(gateway)
  return gateway.stop()
}

/** False where it is refused: the epoch is less than a second old. A killed gateway says nothing. */
function closeOnce(gateway: AnyGateway): Promise<boolean> {
  return gateway.api('/api/epochs/close', {}).then(
    () => true,
    (error: Error) => !error.message.startsWith('4'),
  )
}

function closeSurely(gateway: AnyGateway): Promise<boolean> {
  return until('an epoch to be closed', () => closeOnce(gateway), { everyMs: 50 })
}

async function enrolled(gateway: AnyGateway, sender: Sender): Promise<boolean> {
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
    const killed = await killedAt(call, n, dataDir)
    const code = killed ? await live(killed, sender, closeSurely) : null
    const wasKilled = code !== 0
    const next = await startGatewayHere(dataDir, env)
    expect(await live(next, sender, closeOnce), `the start after ${call} ${n}`).toBe(0)
    expect(sender.waiting.size, `after ${call} ${n}`).toBe(0)
    expect(await violations(dataDir, [sender]), `after ${call} ${n}`).toEqual([])
    expect((await epochViolations(dataDir)).found, `after ${call} ${n}`).toEqual([])
    if (!wasKilled) return n - 1
  }
  throw new Error(`no life got through ${callsMax} calls of ${call}`)
}

describe('a kill at each durable system call', () => {
  it.concurrent('leaves a new data directory that the next start completes', async () => {
    const calls = await killAtEach(
      () => temporaryFolder('fieldproof-syscalls'),
      () => senderOf('new'),
    )
    console.log(`killed at each of ${calls} durable calls of a first start`)
    expect(calls).toBeGreaterThan(10)
  }, 1_800_000)

  it.concurrent('loses nothing that was acknowledged', async () => {
    const template = join(temporaryFolder('fieldproof-syscalls'), 'data')
    const before = senderOf('known')
    expect(await live(await startGatewayHere(template, env), before, closeOnce)).toBe(0)
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
