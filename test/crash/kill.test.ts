import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { enrol, testNetwork } from '../support/mqttDevice.js'
import { type Random, seededRandom } from '../support/random.js'
import { epochViolations } from './epochOracle.js'
import { type Sender, senderOf, sendThrough, violations } from './load.js'

const kills = 200
/** Killed side by side, half as often each: one works while another waits for its disk. */
const gateways = 2
/** Of the lives that end after an epoch was closed in them: six of each gateway. */
const epochsMin = 12
const env = {
  FIELDPROOF_NETWORK: testNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_LOG__CHECKPOINT_INTERVAL: 'PT1S',
}

describe('kill -9', () => {
  it(`loses and doubles nothing in ${kills} kills at any moment under load`, async () => {
    const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31))
    console.log(`seed ${seed} (TEST_SEED=${seed} repeats it)`)
    const each = Array.from({ length: gateways }, (_, n) => killOften(seed + n, kills / gateways))
    const all = await Promise.all(each)
    const acknowledged = all.reduce((sum, one) => sum + one.acknowledged, 0)
    const epochs = all.reduce((sum, one) => sum + one.epochs, 0)
    expect(epochs).toBeGreaterThanOrEqual(epochsMin)
    console.log(`${kills} kills, ${acknowledged} messages acknowledged, ${epochs} epochs closed`)
  }, 1_800_000)
})

/** Kills one gateway so many times, then looks at all that it has. */
async function killOften(
  seed: number,
  times: number,
): Promise<{ acknowledged: number; epochs: number }> {
  const random = seededRandom(seed)
  const dataDir = temporaryFolder('fieldproof-kill')
  const senders = [senderOf(`${seed} a`), senderOf(`${seed} b`), senderOf(`${seed} c`)]
  let gateway = await startGateway({ dataDir, env })
  for (const { holder } of senders) await enrol(gateway, holder)
  let acknowledged = 0
  for (let kill = 0; kill < times; kill++) {
    const sending = senders.map((sender) => sendThrough(gateway, sender))
    const closing = closeThrough(gateway)
    await momentOf(kill, random, {
      acknowledged: () => count(senders) - acknowledged,
      closed: closing.count,
    })
    await gateway.kill()
    await Promise.all([...sending, closing.done])
    acknowledged = count(senders)
    // Every tenth start is killed as well, wherever its recovery is.
    if (kill % 10 === 9) {
      const starting = startGateway({ dataDir, env, killAfterMs: random.below(300) })
      await starting.then(
        (one) => one.kill(),
        () => undefined,
      )
    }
    gateway = await startGateway({ dataDir, env })
  }
  await Promise.all(senders.map((sender) => sendThrough(gateway, sender, 10)))
  // Three of four kills come after the first acknowledgement of a life.
  expect(acknowledged).toBeGreaterThan(times / 2)
  await expectAllCounted(gateway, senders)
  expect(await gateway.stop()).toBe(0)
  expect(await violations(dataDir, senders)).toEqual([])
  const epochs = await epochViolations(dataDir)
  expect(epochs.found).toEqual([])
  return { acknowledged, epochs: epochs.count }
}

async function expectAllCounted(
  gateway: RunningGateway,
  senders: readonly Sender[],
): Promise<void> {
  for (const { id, acknowledged, waiting } of senders) {
    expect(waiting.size).toBe(0)
    const view = await gateway.api<DeviceView>(`/api/devices/${id}`)
    expect(view.accepted).toBe(acknowledged.size)
  }
  await until('the series to catch up', async () => {
    const status = await gateway.api<{ store: { lagRecords: number } }>('/api/status')
    return status.store.lagRecords === 0
  })
}

/** Closes epochs until the gateway dies; an attempt within a second of the last one is refused. */
function closeThrough(gateway: RunningGateway): { count: () => number; done: Promise<void> } {
  let isThere = true
  let closed = 0
  void gateway.gone.then(() => {
    isThere = false
  })
  const close = async (): Promise<void> => {
    while (isThere) {
      await gateway.api('/api/epochs/close', {}).then(
        () => closed++,
        () => undefined,
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { count: () => closed, done: close() }
}

function count(senders: readonly Sender[]): number {
  return senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0)
}

/** What a life has done so far. */
interface Life {
  readonly acknowledged: () => number
  readonly closed: () => number
}

/**
 * One of four kills comes at any time after the start, one of sixteen once this life closed an
 * epoch, the others once some messages of this life are acknowledged and others are on their way.
 */
async function momentOf(kill: number, random: Random, life: Life): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  if (kill % 4 === 0) return pause(random.below(150))
  if (kill % 16 === 7) {
    await until('an epoch to be closed', () => life.closed() > 0)
  } else {
    const wanted = 1 + random.below(60)
    await until('messages to be acknowledged', () => life.acknowledged() >= wanted, { everyMs: 1 })
  }
  await pause(random.below(10))
}
