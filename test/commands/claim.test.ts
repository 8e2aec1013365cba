import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpFace, startHttp } from '../../gateway/adapters/http/server.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { chainCommand } from '../../gateway/commands/chain.js'
import { claimCommand } from '../../gateway/commands/claim.js'
import { openRig, type Rig, treeOf } from '../adapters/chain/rig.js'
import { type ClosedEpochs, closedEpochs } from '../pipeline/publishSupport.js'
import { type Anvil, type Deployment, deploy, startAnvil, tokenBalance } from '../support/anvil.js'
import { type CliResult, runCommand } from '../support/cli.js'
import { temporaryFolder, until } from '../support/gateway.js'
import { faceParts, testLog, testOperations } from '../support/operations.js'

const delaySec = 3_600
const folder = temporaryFolder('claim')
let anvil: Anvil
let at: Deployment
let rig: Rig
let epochs: ClosedEpochs
let face: HttpFace

beforeAll(async () => {
  anvil = await startAnvil()
  for (const [i, { text }] of anvil.accounts.entries())
    writeFileSync(join(folder, `${i}.key`), `${text}\n`)
})

/** Two epochs, the first of them on the chain and active. */
beforeEach(async () => {
  at = await deploy(anvil, { delaySec, funds: 1_000n })
  rig = await openRig(anvil, at)
  epochs = closedEpochs(at.token)
  await face?.close()
  face = await startHttp({
    ...faceParts(systemClock),
    operations: testOperations([]),
    log: testLog(),
    epochs,
    health: { ready: () => true, degraded: () => [] },
    clock: systemClock,
    token: 'x',
    webFolder: folder,
    report: (message) => expect.fail(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
  })
  epochs.close({ [ann()]: 100n, [ben()]: 7n })
  epochs.close({ [ann()]: 150n, [ben()]: 7n })
  const first = treeOf(at.token, { [ann()]: 100n, [ben()]: 7n })
  await rig.act(1, 'submit', first.submit(0, 1))
  await anvil.pass(delaySec)
})

afterAll(async () => {
  await face.close()
  await anvil.stop()
})

const ann = (): string => anvil.accounts[2]!.address
const ben = (): string => anvil.accounts[3]!.address
const key = (account: number): string => join(folder, `${account}.key`)

function claim(account: string, ...args: string[]): Promise<CliResult> {
  const from = args.includes('--from') ? [] : ['--from', face.url]
  return runCommand(claimCommand(), [account, ...from, ...args])
}

const onChain = (): string[] => ['--url', anvil.url, '--distributor', at.distributor]
const sending = (sender: number): string[] => [...onChain(), '--key-file', key(sender), '--send']
const balance = (address: string): Promise<bigint> => tokenBalance(anvil, at.token, address)

describe('a claim that is shown', () => {
  it('needs a rewards.json alone, and its calldata is good', async () => {
    const path = join(folder, 'rewards.json')
    writeFileSync(path, (await epochs.read(1))!.rewards)
    const shown = await claim(ann(), '--from', path, '--json')
    const json = JSON.parse(shown.out) as { calldata: string; cumulative: string; proof: string[] }
    expect(shown.code).toBe(0)
    expect(json).toMatchObject({ account: ann(), token: at.token, contract: null })
    expect([json.cumulative, json.proof.length]).toEqual(['100', 1])
    const before = await balance(ann())
    await anvil.rpc('eth_sendTransaction', {
      from: anvil.accounts[4]!.address,
      to: at.distributor,
      data: json.calldata,
    })
    await until('the claim in a block', async () => (await balance(ann())) > before)
    expect((await balance(ann())) - before).toBe(100n)
  })

  it('is of the newest epoch by default, and says how far it is on the chain', async () => {
    const newest = await claim(ann(), ...onChain())
    expect(newest).toMatchObject({ code: 0, err: '' })
    expect(newest.out).toMatch(/cumulative +150 base units/)
    expect(newest.out).toMatch(/on the chain +this root was not submitted yet/)
    const first = await claim(ann(), '--epoch', '1', ...onChain())
    expect(first.out).toMatch(/on the chain +root 0, active: it can be claimed/)
    expect(first.out).toMatch(/paid so far +0 base units/)
  })
})

describe('a claim that is sent', () => {
  it('pays the account, whoever sends it, and then only the difference', async () => {
    const before = await balance(ann())
    const first = await claim(ann(), '--epoch', '1', ...sending(4))
    expect(first).toMatchObject({ code: 0, out: `100 base units are paid to ${ann()}\n` })
    expect(first.err).toMatch(/root 0, active.*\nsent 0x[0-9a-f]{64}\n/)
    const again = await claim(ann(), '--epoch', '1', ...sending(4))
    expect(again).toMatchObject({
      code: 0,
      out: 'nothing is left to claim: 100 base units were paid\n',
    })
    const waits = await claim(ann(), ...sending(4))
    expect(waits).toMatchObject({ code: 1, err: expect.stringMatching(/was not submitted yet/) })
    await rig.act(1, 'submit', treeOf(at.token, { [ann()]: 150n, [ben()]: 7n }).submit(1, 2))
    const early = await claim(ann(), ...sending(4))
    expect(early).toMatchObject({ code: 1, err: expect.stringMatching(/not active yet: \d+ s/) })
    await anvil.pass(delaySec)
    const rest = await claim(ann(), ...sending(4), '--json')
    expect(JSON.parse(rest.out)).toEqual({ account: ann(), paid: '50', paidTo: ann() })
    expect((await balance(ann())) - before).toBe(150n)
  })

  it('goes where the account says, on its own key alone', async () => {
    const to = anvil.accounts[0]!.address
    const others = await claim(ann(), '--epoch', '1', ...sending(4), '--redirect', to)
    expect(others).toMatchObject({ code: 2, err: expect.stringMatching(/needs the key of/) })
    const before = await balance(to)
    const own = await claim(ann(), '--epoch', '1', ...sending(2), '--redirect', to)
    expect(own).toMatchObject({ code: 0, out: `100 base units are paid to ${to}\n` })
    expect((await balance(to)) - before).toBe(100n)
  })
})

describe('what cannot be', () => {
  it('is said with its exit code', async () => {
    const path = join(folder, 'other.json')
    const good = (await epochs.read(1))!.rewards
    writeFileSync(path, good.replace('"claimable":"100"', '"claimable":"101"'))
    const nowhere = ['--url', 'http://127.0.0.1:9', '--distributor', at.distributor]
    const cases: [string[], number, RegExp][] = [
      [[ann(), '--from', path], 1, /the proof does not lead to the root/],
      [[ann(), '--from', join(folder, 'absent.json')], 2, /cannot read the rewards file/],
      [[ann(), '--from', path, '--epoch', '1'], 2, /a file is one epoch/],
      [[anvil.accounts[4]!.address], 1, /has no rewards of/],
      [[ann(), '--token', ben()], 1, /has no rewards of .* in/],
      [[ann(), '--epoch', '9'], 69, /cannot get .*epochs\/9\/rewards\.json: it answers 404/],
      [[ann(), '--from', 'http://127.0.0.1:9'], 69, /cannot get/],
      [[ann(), '--redirect', ben()], 2, /add --send/],
      [[ann(), '--send'], 2, /name the contract with --distributor/],
      [[ann(), '--send', '--distributor', ben()], 2, /name a node with --url/],
      [[ann(), '--send', ...onChain()], 2, /name the secret key/],
      [[ann(), '--send', ...onChain(), '--key-file', path], 2, /holds no secret key/],
      [[ann(), ...nowhere], 69, /the chain's node at 127\.0\.0\.1:9/],
      [[ann(), '--url', anvil.url, '--distributor', ben()], 78, /there is no contract at/],
      [['0x12'], 2, /Expected 0x and 40/],
    ]
    for (const [args, code, pattern] of cases) {
      const [account, ...rest] = args
      const result = await claim(account!, ...rest)
      expect([args, result.code, result.err]).toEqual([args, code, expect.stringMatching(pattern)])
      expect(result.err).not.toContain('this is a defect')
    }
  })
})

describe('fieldproof chain', () => {
  it('deploys what can be published to, and shows what is on it', async () => {
    const deployed = await runCommand(chainCommand(), [
      ...['deploy', '--url', anvil.url, '--key-file', key(0)],
      ...['--test-token', '5000', '--publisher', anvil.accounts[1]!.address],
      ...['--delay', 'PT1M', '--bond', '7', '--fund', '500', '--json'],
    ])
    expect(deployed.code).toBe(0)
    at = JSON.parse(deployed.out) as Deployment
    rig = await openRig(anvil, at)
    expect(await Promise.all(['delay', 'bond'].map((name) => rig.read(name)))).toEqual([60n, 7n])
    await rig.act(1, 'submit', treeOf(at.token, { [ann()]: 100n }).submit(0, 1))
    await anvil.pass(60)
    const second = treeOf(at.token, { [ann()]: 120n })
    await rig.act(1, 'submit', second.submit(1, 2))
    await rig.act(4, 'dispute', [1], 7n)
    const show = ['show', '--url', anvil.url, '--distributor', at.distributor]
    const shown = await runCommand(chainCommand(), show)
    expect(shown.out).toMatch(/holds +500 base units; 0 were claimed/)
    expect(shown.out).toMatch(/dispute +root 1 is disputed/)
    expect(shown.out).toMatch(/^1 +2 +120 +waiting +0x/m)
    expect(shown.out).toMatch(/^0 +1 +100 +active +0x/m)
    const json = await runCommand(chainCommand(), [...show, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ disputed: 1, roots: [{ root: second.root }, {}] })
  })

  it('must be told what to pay', async () => {
    const args = ['deploy', '--url', anvil.url, '--key-file', key(0)]
    const result = await runCommand(chainCommand(), args)
    expect(result).toMatchObject({ code: 2, err: expect.stringMatching(/either --token/) })
  })
})
