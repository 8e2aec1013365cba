import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { enrol, testNetwork } from '../support/mqttDevice.js'
import { type Random, seededRandom } from '../support/random.js'
import { epochViolations } from './epochOracle.js'
import { type Sender, senderOf, sendThrough, violations } from './load.js'

const kills = 200
const env = {
  FIELDPROOF_NETWORK: testNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_LOG__CHECKPOINT_INTERVAL: 'PT1S',
}

describe('kill -9', () => {
  it(`loses and doubles nothing in ${kills} kills at any moment under load`, async () => {
    const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31))
    console.log(`seed ${seed} (TEST_SEED=${seed} repeats it)`)
    const random = seededRandom(seed)
    const dataDir = temporaryFolder('fieldproof-kill')
    const senders = [senderOf(`${seed} a`), senderOf(`${seed} b`), senderOf(`${seed} c`)]
    let gateway = await startGateway({ dataDir, env })
    for (const { holder } of senders) await enrol(gateway, holder)
    let acknowledged = 0
    for (let kill = 0; kill < kills; kill++) {
      const sending = senders.map((sender) => sendThrough(gateway, sender))
      const closing = closeThrough(gateway)
      await momentOf(kill, random, () => count(senders) - acknowledged)
      await gateway.kill()
      await Promise.all([...sending, closing])
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
    expect(acknowledged).toBeGreaterThan(kills / 2)
    for (const { id, acknowledged: seqs, waiting } of senders) {
      expect(waiting.size).toBe(0)
      const view = await gateway.api<DeviceView>(`/api/devices/${id}`)
      expect(view.accepted).toBe(seqs.size)
    }
    await until('the series to catch up', async () => {
      const status = await gateway.api<{ store: { lagRecords: number } }>('/api/status')
      return status.store.lagRecords === 0
    })
    expect(await gateway.stop()).toBe(0)
    expect(await violations(dataDir, senders)).toEqual([])
    const epochs = await epochViolations(dataDir)
    expect(epochs.found).toEqual([])
    expect(epochs.count).toBeGreaterThan(5)
    console.log(
      `${kills} kills, ${acknowledged} messages acknowledged, ${epochs.count} epochs closed`,
    )
  }, 1_800_000)
})

/** Closes epochs until the gateway dies; most attempts come within a second of the last one. */
async function closeThrough(gateway: RunningGateway): Promise<void> {
  let isThere = true
  void gateway.gone.then(() => {
    isThere = false
  })
  while (isThere) {
    await gateway.api('/api/epochs/close', {}).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function count(senders: readonly Sender[]): number {
  return senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0)
}

/**
 * One of four kills comes at any time after the start, the others once some messages of this life
 * are acknowledged and others are on their way.
 */
async function momentOf(kill: number, random: Random, acknowledged: () => number): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  if (kill % 4 === 0) return pause(random.below(150))
  const wanted = 1 + random.below(60)
  await until('messages to be acknowledged', () => acknowledged() >= wanted, { everyMs: 1 })
  await pause(random.below(10))
}
