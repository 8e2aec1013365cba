import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { quantityOf } from '../../gateway/adapters/chain/node.js'
import { fromB64u, toHex } from '../../gateway/core/bytes.js'
import { chainBumpMs } from '../../gateway/core/limits.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import type { SignedTransaction } from '../../gateway/ports/chain.js'
import type { Settlements } from '../../gateway/ports/settlements.js'
import { openRig, type Rig, treeOf } from '../adapters/chain/rig.js'
import { type Anvil, type Deployment, deploy, pay, startAnvil } from '../support/anvil.js'
import { temporaryFolder, until } from '../support/gateway.js'
import {
  type ClosedEpochs,
  closedEpochs,
  type PublisherRig,
  type RigOptions,
  startPublishing,
} from './publishSupport.js'

const publisherAccount = 1
let anvil: Anvil
let at: Deployment
let rig: Rig
let epochs: ClosedEpochs
let dataDir: string
let started: PublisherRig[]

beforeAll(async () => {
  anvil = await startAnvil()
})

afterAll(() => anvil.stop())

beforeEach(async () => {
  at = await deploy(anvil, { funds: 1_000n })
  rig = await openRig(anvil, at)
  epochs = closedEpochs(at.token)
  dataDir = temporaryFolder('chain')
  started = []
})

afterEach(async () => {
  await Promise.all(started.map(({ publisher }) => publisher.stop()))
})

async function start(options: Partial<RigOptions> = {}): Promise<PublisherRig> {
  const one = await startPublishing(anvil, at, { dataDir, settlements: epochs, ...options })
  started.push(one)
  return one
}

const ann = (): string => anvil.accounts[2]!.address
const ben = (): string => anvil.accounts[3]!.address

async function rootsOnChain(): Promise<unknown[][]> {
  const count = Number(await rig.read<bigint>('rootCount'))
  return Promise.all(Array.from({ length: count }, (_, i) => rig.read<unknown[]>('roots', i)))
}

async function transactions(): Promise<number> {
  const { address } = anvil.accounts[publisherAccount]!
  return Number(quantityOf(await anvil.rpc('eth_getTransactionCount', address, 'latest')))
}

/** What is recorded as waiting; `undefined` also while there is no record. */
function waiting(): FileForTest['pending'] | undefined {
  return existsSync(join(dataDir, 'chain.json')) ? record().pending : undefined
}

interface FileForTest {
  epoch: number
  root: { epoch: number; index: number } | null
  pending: { nonce: number; sent: { raw: string; hash: string }[] } | null
}
function record(): FileForTest {
  return JSON.parse(readFileSync(join(dataDir, 'chain.json'), 'utf8')) as FileForTest
}

/** The same epochs for a log that was begun anew: the first is lost, of the second the record is left. */
function withoutFirst(whole: Settlements): Settlements {
  return {
    get count() {
      return whole.count
    },
    read: async (n) => (n <= 2 ? undefined : whole.read(n)),
    record: async (n) => (n === 1 ? undefined : whole.record(n)),
    owning: async () => undefined,
  }
}

describe('a publisher whose log was begun anew', () => {
  it.each([
    ['before the first root', 0],
    ['after a root of a lost epoch', 1],
  ])('%s goes on with the first epoch that is here', async (_when, published) => {
    if (published > 0) {
      epochs.close({ [ann()]: 5n })
      const before = await start({ dataDir: temporaryFolder('chain') })
      await before.done()
      await before.publisher.stop()
    } else epochs.close({ [ann()]: 5n })
    epochs.close({ [ann()]: 6n })
    epochs.close({ [ann()]: 9n })
    const { done } = await start({ settlements: withoutFirst(epochs) })
    await done()
    const roots = await rootsOnChain()
    expect(roots.length).toBe(published + 1)
    expect(roots.at(-1)).toContain((await epochs.record(3))!.rewardRoot)
    expect(record()).toMatchObject({ epoch: 3, root: { epoch: 3, index: published } })
  })
})

describe('publishing', () => {
  it('puts three epochs on the chain in order, with their records and totals', async () => {
    const before = await transactions()
    const closed = [
      epochs.close({ [ann()]: 100n }),
      epochs.close({ [ann()]: 100n, [ben()]: 7n }),
      epochs.close({ [ann()]: 101n, [ben()]: 7n }),
    ]
    await (await start()).done()
    const totals = [100n, 107n, 108n]
    expect(await rootsOnChain()).toEqual(
      closed.map(({ record: { n, rewardRoot, record } }, i) => [
        rewardRoot,
        `0x${toHex(leafHash(fromB64u(record)!))}`,
        totals[i],
        BigInt(n),
        expect.any(BigInt),
        BigInt(i),
        false,
      ]),
    )
    expect((await transactions()) - before).toBe(3)
    expect(record()).toMatchObject({ epoch: 3, root: { epoch: 3, index: 2 }, pending: null })
  })

  it('leaves out epochs that change nothing, and says which root holds for them', async () => {
    epochs.close({})
    const { done, publisher } = await start()
    await done()
    expect(record()).toMatchObject({ epoch: 1, root: null })
    epochs.close({ [ann()]: 5n })
    epochs.close({ [ann()]: 5n })
    publisher.notify()
    await done()
    expect(await rootsOnChain()).toHaveLength(1)
    expect(record()).toMatchObject({ epoch: 3, root: { epoch: 2, index: 0 }, pending: null })
    expect(publisher.newest).toMatchObject({ epoch: 2, index: 0, total: 5n })
    expect(publisher.condition()).toEqual([])
  })

  it('waits for confirmations, and sees a root that a reorganisation took away', async () => {
    const snapshot = await anvil.rpc('evm_snapshot')
    epochs.close({ [ann()]: 5n })
    const { publisher, done } = await start({ parts: { confirmations: 3 } })
    await until('the root on the chain', async () => (await rootsOnChain()).length === 1)
    expect(publisher.epoch).toBe(0)
    const [sent] = record().pending!.sent
    await anvil.rpc('evm_revert', snapshot)
    await until('the root on the chain again', async () => (await rootsOnChain()).length === 1)
    expect(record().pending!.sent).toEqual([sent])
    await anvil.mine(2)
    await done()
  })
})

describe('a crash', () => {
  it('between record and send sends the same bytes after the restart', async () => {
    epochs.close({ [ann()]: 5n })
    const before = await transactions()
    await start({
      wrap: ({ distributor, store }) => ({
        store,
        distributor: { ...distributor, send: () => new Promise(() => undefined) },
      }),
    })
    const { sent } = await until('the record', () => waiting() ?? undefined)
    const [first] = sent
    expect(await anvil.rpc('eth_getTransactionByHash', first!.hash)).toBeNull()
    await started[0]!.publisher.stop()
    await (await start()).done()
    expect(await anvil.rpc('eth_getTransactionByHash', first!.hash)).toMatchObject({
      nonce: `0x${before.toString(16)}`,
    })
    expect(await transactions()).toBe(before + 1)
  })

  it('anywhere, before or after what a call does, publishes an epoch once', async () => {
    epochs.close({ [ann()]: 5n })
    const fresh = await anvil.rpc('evm_snapshot')
    let snapshot = fresh
    const before = await transactions()
    for (let crashAt = 1; ; crashAt++) {
      let calls = 0
      let changesSomething = true
      for (const isDone of [true, false]) {
        // A question that was answered to nobody is one that was not asked.
        if (!isDone && !changesSomething) continue
        await anvil.rpc('evm_revert', snapshot)
        snapshot = await anvil.rpc('evm_snapshot')
        rmSync(join(dataDir, 'chain.json'), { force: true })
        calls = 0
        // From the crash on nothing comes back: the process is gone.
        const dying =
          <A extends unknown[], R>(call: (...args: A) => Promise<R>, isChange = false) =>
          async (...args: A): Promise<R> => {
            calls += 1
            if (calls === crashAt) changesSomething = isChange
            if (calls > crashAt || (calls === crashAt && !isDone)) return new Promise(() => {})
            const result = await call(...args)
            return calls >= crashAt ? new Promise(() => {}) : result
          }
        const dead = await startPublishing(anvil, at, {
          dataDir,
          settlements: epochs,
          wrap: ({ distributor, store }) => ({
            distributor: {
              ...distributor,
              view: dying(distributor.view),
              root: dying(distributor.root),
              estimate: dying(distributor.estimate),
              fees: dying(distributor.fees),
              send: dying(distributor.send, true),
              receipt: dying(distributor.receipt),
            },
            store: { load: store.load, save: dying(store.save, true) },
          }),
        })
        await until('the crash', () => calls >= crashAt || dead.publisher.epoch === 1)
        const stopped = dead.publisher.stop()
        const survivor = await startPublishing(anvil, at, { dataDir, settlements: epochs })
        await survivor.done()
        await survivor.publisher.stop()
        void stopped
        expect([crashAt, isDone, (await transactions()) - before]).toEqual([crashAt, isDone, 1])
        expect([crashAt, isDone, (await rootsOnChain()).length]).toEqual([crashAt, isDone, 1])
      }
      if (calls < crashAt) {
        expect(crashAt).toBeGreaterThan(8)
        break
      }
    }
  })

  it('that loses the record costs nothing: the chain knows how far it was', async () => {
    epochs.close({ [ann()]: 5n })
    await (await start()).done()
    await started[0]!.publisher.stop()
    rmSync(join(dataDir, 'chain.json'))
    epochs.close({ [ann()]: 6n })
    await (await start()).done()
    expect(await rootsOnChain()).toHaveLength(2)
    expect(record()).toMatchObject({ epoch: 2, root: { epoch: 2, index: 1 } })
  })
})

describe('a node', () => {
  it('that is away is waited for, and that is said once', async () => {
    const reports: (string | undefined)[] = []
    const report = (problem: string | undefined) => reports.push(problem)
    const { publisher, stuck, done } = await start({ parts: { report } })
    await anvil.stop()
    try {
      epochs.close({ [ann()]: 5n })
      publisher.notify()
      expect(await stuck(/node at 127/)).toMatch(/^chain: the chain's node at 127\.0\.0\.1/)
    } finally {
      await anvil.start()
    }
    await done()
    expect(publisher.condition()).toEqual([])
    expect(await rootsOnChain()).toHaveLength(1)
    expect(reports.at(-1)).toBeUndefined()
    expect(reports.filter((one, i) => i > 0 && one === reports[i - 1])).toEqual([])
  })

  it('of another chain, without the contract, or not for this account gets nothing', async () => {
    epochs.close({ [ann()]: 5n })
    const before = await transactions()
    await (await start({ chainId: 5 })).stuck(/of chain 31337, but the configuration says 5/)
    const elsewhere = { ...at, distributor: ann() }
    const lost = await startPublishing(anvil, elsewhere, {
      dataDir: temporaryFolder('chain'),
      settlements: epochs,
    })
    started.push(lost)
    await lost.stuck(/there is no contract at/)
    const otherToken = await startPublishing(
      anvil,
      { ...at, token: ben() },
      {
        dataDir: temporaryFolder('chain'),
        settlements: epochs,
      },
    )
    started.push(otherToken)
    await otherToken.stuck(/pays the token .* but rewards\.token is/)
    await rig.act(0, 'setPublisher', [ben()])
    await (await start({ dataDir: temporaryFolder('chain') })).stuck(/takes roots from/)
    expect(await transactions()).toBe(before)
  })

  it('that does not mine gets a better offer under the same nonce, recorded first', async () => {
    let lateMs = 0
    const recordedFirst: boolean[] = []
    await anvil.setAutomine(false)
    try {
      epochs.close({ [ann()]: 5n })
      const before = await transactions()
      const { done } = await start({
        parts: { clock: { now: () => Date.now(), monotonic: () => performance.now() + lateMs } },
        wrap: ({ distributor, store }) => ({
          store,
          distributor: {
            ...distributor,
            send: (one: SignedTransaction) => {
              recordedFirst.push(record().pending?.sent.at(-1)?.hash === one.hash)
              return distributor.send(one)
            },
          },
        }),
      })
      await until('the first offer', () => recordedFirst.length > 1)
      expect(record().pending?.sent).toHaveLength(1)
      lateMs += chainBumpMs
      await until('the second offer', () => record().pending?.sent.length === 2)
      const [first, second] = record().pending!.sent as unknown as SignedTransaction[]
      expect(BigInt(second!.feePerGas) * 10n).toBeGreaterThanOrEqual(BigInt(first!.feePerGas) * 11n)
      await until('the second offer at the node', () =>
        anvil.rpc('eth_getTransactionByHash', second!.hash).then((found) => found !== null),
      )
      await anvil.mine()
      await done()
      expect(recordedFirst.every((was) => was)).toBe(true)
      expect(await transactions()).toBe(before + 1)
      expect(await rootsOnChain()).toHaveLength(1)
    } finally {
      await anvil.setAutomine(true)
    }
  })

  it('that asks too much is waited for', async () => {
    epochs.close({ [ann()]: 5n })
    const { stuck } = await start({ parts: { feePerGasMax: 1n } })
    await stuck(/wei per gas, and chain\.maxFee is 1/)
    expect(await rootsOnChain()).toHaveLength(0)
  })

  it('whose account was used for something else gets a new transaction, not a second one', async () => {
    await anvil.setAutomine(false)
    try {
      epochs.close({ [ann()]: 5n })
      const { done } = await start()
      const { sent, nonce } = await until('the record', () => waiting() ?? undefined)
      const { hash } = sent[0]!
      const isAtNode = async () => (await anvil.rpc('eth_getTransactionByHash', hash)) !== null
      await until('the transaction at the node', isAtNode)
      await anvil.rpc('anvil_dropTransaction', hash)
      const { address } = anvil.accounts[publisherAccount]!
      const other = { from: address, to: address, nonce: `0x${nonce.toString(16)}` }
      const fee = { maxFeePerGas: '0x2540be4000', maxPriorityFeePerGas: '0x2540be400' }
      await anvil.rpc('eth_sendTransaction', { ...other, ...fee })
      await anvil.mine()
      await anvil.setAutomine(true)
      await done()
      expect(await rootsOnChain()).toHaveLength(1)
    } finally {
      await anvil.setAutomine(true)
    }
  })
})

describe('a chain that says something else', () => {
  it('stops at a root of somebody else, and goes on when that was rejected', async () => {
    epochs.close({ [ann()]: 5n })
    const { publisher, done, stuck } = await start()
    await done()
    const stolen = treeOf(at.token, { [ben()]: 999n })
    await rig.act(publisherAccount, 'submit', stolen.submit(1, 2))
    epochs.close({ [ann()]: 6n })
    const before = await transactions()
    publisher.notify()
    await stuck(/root 1 on the chain, for epoch 2, is not this gateway's/)
    await rig.act(4, 'dispute', [1], 10n ** 16n)
    await rig.act(0, 'reject', [])
    await done()
    expect(await transactions()).toBe(before + 1)
    expect(publisher.newest).toMatchObject({ index: 2, epoch: 2, total: 6n })
  })

  it('stops where its own root was rejected', async () => {
    epochs.close({ [ann()]: 5n })
    const { publisher, done, stuck } = await start()
    await done()
    await rig.act(4, 'dispute', [0], 10n ** 16n)
    epochs.close({ [ann()]: 6n })
    publisher.notify()
    await stuck(/root 0 is disputed/)
    await rig.act(0, 'reject', [])
    await stuck(/arbiter rejected root 0, which is this gateway's of epoch 1/)
    expect(await rootsOnChain()).toHaveLength(1)
    // Agreed that it was right after all: the operator takes the record away.
    await publisher.stop()
    rmSync(join(dataDir, 'chain.json'))
    await (await start()).done()
    expect(await rootsOnChain()).toHaveLength(3)
  })

  it('stops where the chain is ahead of the data directory', async () => {
    epochs.close({ [ann()]: 5n })
    epochs.close({ [ann()]: 6n })
    await (await start()).done()
    await started[0]!.publisher.stop()
    epochs = closedEpochs(at.token)
    epochs.close({ [ann()]: 5n })
    const { stuck } = await start({ dataDir: temporaryFolder('chain') })
    await stuck(/root of epoch 2, but only 1 epochs are closed here.*Restore/)
  })

  it('waits until the distributor has been given what owners may claim', async () => {
    epochs.close({ [ann()]: 1_500n })
    const { done, stuck } = await start()
    await stuck(/holds 1000 base units, but .* may claim 1500: send it 500 more/)
    expect(await rootsOnChain()).toHaveLength(0)
    await pay(anvil, at.token, at.distributor, 500n)
    await done()
  })
})

describe('the record', () => {
  it('of another contract is not used, nor one that is damaged', async () => {
    epochs.close({ [ann()]: 5n })
    await (await start()).done()
    const path = join(dataDir, 'chain.json')
    const good = readFileSync(path, 'utf8')
    await expect(start({ chainId: 5 })).rejects.toThrow(/chain\.json is about the distributor/)
    const file = JSON.parse(good) as object
    const damaged = [
      good.slice(0, -5),
      '{}',
      'null',
      JSON.stringify({ ...file, v: 2 }),
      JSON.stringify({ ...file, epoch: -1 }),
      JSON.stringify({ ...file, root: {} }),
      JSON.stringify({ ...file, pending: { sent: [] } }),
    ]
    for (const text of damaged) {
      writeFileSync(path, text)
      await expect(start()).rejects.toThrow(/chain\.json is (damaged|about)/)
    }
  })
})
