import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { chainOnlooker } from '../../gateway/commands/chainOnlooker.js'
import { loadConfig } from '../../gateway/config.js'
import { askOnlookers, whatStandsAgainst } from '../../gateway/pipeline/onlookers.js'
import { type ClosedEpochs, closedEpochs, startPublishing } from '../pipeline/publishSupport.js'
import { type Anvil, type Deployment, deploy, startAnvil } from '../support/anvil.js'
import { temporaryFolder } from '../support/gateway.js'

let anvil: Anvil
let at: Deployment
let epochs: ClosedEpochs

beforeAll(async () => {
  anvil = await startAnvil()
})

afterAll(() => anvil.stop())

beforeEach(async () => {
  at = await deploy(anvil)
  epochs = closedEpochs(at.token)
  for (const earned of [5n, 6n]) epochs.close({ [anvil.accounts[2]!.address]: earned })
})

/** What the chain says against going on with a copy that holds these epochs. */
async function against(files: readonly object[], url = anvil.url) {
  const dataDir = temporaryFolder('restored')
  for (const [i, record] of files.entries()) {
    const folder = join(dataDir, 'epochs', String(i + 1))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'record.json'), JSON.stringify(record))
  }
  const chain = {
    'chain.enabled': true,
    'chain.url': url,
    'chain.id': anvil.chainId,
    'chain.distributor': at.distributor,
    'chain.key': anvil.accounts[1]!.text,
    'rewards.token': at.token,
  }
  const config = await loadConfig({ flags: { ...chain, dataDir } })
  const asked = await askOnlookers(chainOnlooker(config, dataDir), 20_000)
  const words = await whatStandsAgainst(asked, 100, () => expect.fail('no root is compared'))
  return { asked, words }
}

async function publish(): Promise<void> {
  const options = { dataDir: temporaryFolder('chain'), settlements: epochs }
  const { done, publisher } = await startPublishing(anvil, at, options)
  await done()
  await publisher.stop()
}

const records = async () => [(await epochs.record(1))!, (await epochs.record(2))!]

it('says nothing where nothing was published, and nothing stands against the newest copy', async () => {
  expect((await against([])).asked.seen).toMatchObject([{ sighting: undefined }])
  await publish()
  const { asked, words } = await against(await records())
  expect(words).toBeUndefined()
  expect(asked.seen).toMatchObject([{ sighting: { size: 3, partial: true } }])
})

it('refuses a copy that lacks the newest epoch, and one that closed it otherwise', async () => {
  await publish()
  const [first] = await records()
  expect((await against([first!])).words).toMatch(
    /^the chain at 127\S+ has a root of epoch 2, which is not closed here$/,
  )
  const other = closedEpochs(at.token)
  other.close({})
  const second = other.close({}).record
  expect((await against([first!, second])).words).toMatch(/holds another record of epoch 2/)
})

it('is away where its node is', async () => {
  const { asked } = await against([], 'http://127.0.0.1:9')
  expect(asked.away).toMatchObject([{ where: 'the chain at 127.0.0.1:9' }])
})
