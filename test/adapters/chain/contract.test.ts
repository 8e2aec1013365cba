import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { distributorAbi, distributorErrors, tokenAbi } from '../../../gateway/adapters/chain/abi.js'
import { contractArtefacts } from '../../../gateway/adapters/chain/artefacts.js'
import {
  type Anvil,
  type Deployment,
  deploy,
  pay,
  startAnvil,
  tokenBalance,
} from '../../support/anvil.js'
import { projectRoot } from '../../support/root.js'
import { openRig, type Rig, recordHash, treeOf } from './rig.js'

const delaySec = 3_600
const bondWei = 10n ** 16n
const owner = 0
const publisher = 1
const ann = 2
const ben = 3
const stranger = 4

let anvil: Anvil
let at: Deployment
let rig: Rig

beforeAll(async () => {
  anvil = await startAnvil()
})

afterAll(() => anvil.stop())

beforeEach(async () => {
  at = await deploy(anvil, { delaySec, bondWei, funds: 1_000n })
  rig = await openRig(anvil, at)
})

function address(account: number): string {
  return anvil.accounts[account]!.address
}

function tree(annEarned: bigint, benEarned = 0n) {
  const earned = { [address(ann)]: annEarned, [address(ben)]: benEarned }
  return treeOf(
    at.token,
    Object.fromEntries(Object.entries(earned).filter(([, amount]) => amount > 0n)),
  )
}

async function activate(): Promise<void> {
  await anvil.pass(delaySec)
}

const balance = (account: number): Promise<bigint> =>
  tokenBalance(anvil, at.token, address(account))

it('has the interface that the gateway was written for', async () => {
  const { contracts } = await contractArtefacts()
  const withoutKinds = (one: object): unknown =>
    JSON.parse(JSON.stringify(one, (name, value) => (name === 'internalType' ? undefined : value)))
  const ours = [
    ['RewardsDistributor', [...distributorAbi, ...distributorErrors]],
    ['TestToken', tokenAbi],
  ] as const
  for (const [name, entries] of ours) {
    const compiled = contracts[name]!.abi.map(withoutKinds)
    for (const entry of entries) {
      const same = compiled.find((one) => (one as { name?: string }).name === entry.name) as {
        inputs: { name: string }[]
        outputs?: { name: string }[]
      }
      // Getters of mappings name their parameters; those of arrays do not.
      expect(same).toEqual(entry)
    }
  }
})

describe('claims', () => {
  it('pays three epochs, each once, and only the difference', async () => {
    const trees = [tree(100n), tree(150n, 40n), tree(151n, 40n)]
    for (const [i, one] of trees.entries()) await rig.act(publisher, 'submit', one.submit(i, i + 1))
    const [first, second, third] = trees
    expect(await rig.refusal(ann, 'claim', first!.claim(address(ann)))).toBe('NotActive(0)')
    await activate()
    await rig.act(ann, 'claim', first!.claim(address(ann)))
    expect(await balance(ann)).toBe(100n)
    // A stranger may pay the gas; the account gets the money.
    await rig.act(stranger, 'claim', third!.claim(address(ann)))
    expect([await balance(ann), await balance(stranger)]).toEqual([151n, 0n])
    const claimed = `NothingToClaim(${address(ann)}, 151)`
    expect(await rig.refusal(ann, 'claim', third!.claim(address(ann)))).toBe(claimed)
    expect(await rig.refusal(ann, 'claim', second!.claim(address(ann)))).toBe(claimed)
    await rig.act(ben, 'claim', second!.claim(address(ben)))
    expect([await balance(ben), await rig.read('totalClaimed')]).toEqual([40n, 191n])
    expect(await tokenBalance(anvil, at.token, at.distributor)).toBe(1_000n - 191n)
  })

  it('refuses another amount, account, proof, root and token', async () => {
    const other = { account: address(ben), token: address(ann), cumulative: 500n }
    const good = treeOf(at.token, { [address(ann)]: 100n, [address(ben)]: 7n }, [other])
    await rig.act(publisher, 'submit', good.submit(0, 1))
    await activate()
    const [root, account, amount, proof] = good.claim(address(ann))
    const refusals = await Promise.all(
      [
        [root, account, amount + 1n, proof],
        [root, address(stranger), amount, proof],
        [root, account, amount, proof.slice(1)],
        [root, account, amount, [...proof, root]],
        [root, address(ben), 500n, proof],
      ].map((args) => rig.refusal(stranger, 'claim', args)),
    )
    for (const refusal of refusals) expect(refusal).toMatch(/^NotInTree/)
    const unknown = recordHash
    expect(await rig.refusal(stranger, 'claim', [unknown, account, amount, proof])).toBe(
      `NoSuchRoot(${unknown})`,
    )
  })

  it('never pays more than the total that was submitted with the root', async () => {
    const { root, claim } = tree(100n, 100n)
    await rig.act(publisher, 'submit', [0, root, 1, recordHash, 150n])
    await activate()
    await rig.act(ann, 'claim', claim(address(ann)))
    expect(await rig.refusal(ben, 'claim', claim(address(ben)))).toBe('BeyondTotal(200, 150)')
  })

  it('loses and makes no base unit over random epochs', async () => {
    const epochs = fc.array(
      fc.record({
        ann: fc.bigInt({ min: 0n, max: 9n }),
        ben: fc.bigInt({ min: 0n, max: 9n }),
        annClaims: fc.boolean(),
        benClaims: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(epochs, async (rounds) => {
        at = await deploy(anvil, { delaySec: 0, funds: 200n })
        rig = await openRig(anvil, at)
        const before = [await balance(ann), await balance(ben)]
        const earned = [0n, 0n]
        const paid = [0n, 0n]
        let submitted = 0
        for (const [i, round] of rounds.entries()) {
          if (round.ann + round.ben === 0n) continue
          earned[0]! += round.ann
          earned[1]! += round.ben
          const now = tree(earned[0]!, earned[1])
          await rig.act(publisher, 'submit', now.submit(submitted, i + 1))
          submitted += 1
          for (const [who, claims] of [
            [0, round.annClaims],
            [1, round.benClaims],
          ] as const) {
            if (!claims || earned[who] === paid[who]) continue
            await rig.act(stranger, 'claim', now.claim(address(ann + who)))
            paid[who] = earned[who]!
          }
        }
        const after = [await balance(ann), await balance(ben)]
        expect(after).toEqual(before.map((had, who) => had + paid[who]!))
        const left = await tokenBalance(anvil, at.token, at.distributor)
        expect(left).toBe(200n - paid[0]! - paid[1]!)
        expect(await rig.read('totalClaimed')).toBe(paid[0]! + paid[1]!)
      }),
      { numRuns: 4 },
    )
  })
})

it('costs as much gas as README and the page for operators say', async () => {
  const crowd = (each: bigint) => {
    const earned = Array.from({ length: 1_022 }, (_, i): [string, bigint] => [
      `0x${(i + 1).toString(16).padStart(40, '7')}`,
      each,
    ])
    return treeOf(at.token, {
      ...Object.fromEntries(earned),
      [address(ann)]: each,
      [address(ben)]: each,
    })
  }
  await pay(anvil, at.token, at.distributor, 10_000n)
  const [first, second] = [crowd(1n), crowd(2n)]
  await rig.act(publisher, 'submit', first.submit(0, 1))
  const root = await rig.act(publisher, 'submit', second.submit(1, 2))
  await activate()
  expect(first.claim(address(ann))[3]).toHaveLength(10)
  await rig.act(ben, 'claim', first.claim(address(ben)))
  const claim = await rig.act(ann, 'claim', first.claim(address(ann)))
  await rig.act(ben, 'claim', second.claim(address(ben)))
  const next = await rig.act(ann, 'claim', second.claim(address(ann)))
  const pageOf = (path: string) => readFileSync(join(projectRoot(), path), 'utf8')
  const text = pageOf('gateway/OPERATOR.md')
  const measured = {
    'a root': root,
    'the first claim of an account': claim,
    'each further claim': next,
  }
  for (const [what, gas] of Object.entries(measured)) {
    const said = new RegExp(`^\\| ${what} \\| ([0-9,]+) \\|`, 'm').exec(text)?.[1]
    const off = Math.abs(Number(said?.replaceAll(',', '')) / Number(gas) - 1)
    expect(`${what}: ${off < 0.02 ? said : gas}`).toBe(`${what}: ${said}`)
    expect(pageOf('README.md'), what).toMatch(new RegExp(`[ \\n]${said}[ \\n,]`))
  }
})

describe('submission', () => {
  it('takes the next root of a later epoch from the publisher alone, and no smaller total', async () => {
    const first = tree(100n)
    const second = tree(100n, 1n)
    const submit = (args: unknown[], from = publisher) => rig.refusal(from, 'submit', args)
    expect(await submit(first.submit(0, 1), owner)).toBe(`NotPublisher(${address(owner)})`)
    expect(await submit(first.submit(1, 1))).toBe('NotNext(1, 0)')
    expect(await submit([0, `0x${'00'.repeat(32)}`, 1, recordHash, 0n])).toBe('EmptyRoot()')
    expect(await submit(first.submit(0, 0))).toBe('EpochNotAfter(0, 0)')
    await rig.act(publisher, 'submit', first.submit(0, 3))
    expect(await submit(first.submit(0, 3))).toBe('NotNext(0, 1)')
    expect(await submit(first.submit(1, 4))).toBe('RootStands(0)')
    expect(await submit(second.submit(1, 3))).toBe('EpochNotAfter(3, 3)')
    expect(await submit([1, second.root, 4, recordHash, 99n])).toBe('TotalFell(99, 100)')
    expect(await submit(second.submit(1, 4))).toBeUndefined()
    expect(await rig.read('roots', 0)).toEqual([
      first.root,
      recordHash,
      100n,
      3n,
      expect.any(BigInt),
      0n,
      false,
    ])
  })

  it('must have been given what can be claimed, less what was', async () => {
    const first = tree(900n)
    const second = tree(900n, 101n)
    await rig.act(publisher, 'submit', first.submit(0, 1))
    expect(await rig.refusal(publisher, 'submit', second.submit(1, 2))).toBe(
      'Underfunded(1001, 1000)',
    )
    await activate()
    await rig.act(ann, 'claim', first.claim(address(ann)))
    expect(await rig.refusal(publisher, 'submit', second.submit(1, 2))).toBe(
      'Underfunded(101, 100)',
    )
    const enough = tree(900n, 100n)
    expect(await rig.refusal(publisher, 'submit', enough.submit(1, 2))).toBeUndefined()
  })
})

describe('disputes', () => {
  it('stop the clock; a dismissed one costs the bond and no root any time', async () => {
    const early = tree(10n)
    const late = tree(20n)
    await rig.act(publisher, 'submit', early.submit(0, 1))
    await anvil.pass(delaySec / 2)
    await rig.act(publisher, 'submit', late.submit(1, 2))
    expect(await rig.refusal(stranger, 'dispute', [0])).toBe(`WrongBond(0, ${bondWei})`)
    expect(await rig.refusal(stranger, 'dispute', [2], bondWei)).toBe('NotPending(2)')
    await rig.act(stranger, 'dispute', [0], bondWei)
    expect(await rig.refusal(ben, 'dispute', [1], bondWei)).toBe('DisputeOpen(0)')
    expect(await rig.refusal(publisher, 'submit', tree(30n).submit(2, 3))).toBe('DisputeOpen(0)')
    await anvil.pass(10 * delaySec)
    expect(await rig.refusal(ann, 'claim', early.claim(address(ann)))).toBe('NotActive(0)')
    expect(await rig.refusal(stranger, 'dismiss', [])).toMatch(/^OwnableUnauthorizedAccount/)
    await rig.act(owner, 'dismiss', [])
    expect(await rig.refusal(owner, 'dismiss', [])).toBe('NoDispute()')
    // As much time is left as there was: enough to dispute the later one.
    expect(await rig.refusal(ann, 'claim', early.claim(address(ann)))).toBe('NotActive(0)')
    await anvil.pass(delaySec / 2)
    await rig.act(ann, 'claim', early.claim(address(ann)))
    expect(await rig.refusal(ann, 'claim', late.claim(address(ann)))).toBe('NotActive(1)')
    expect(await rig.refusal(stranger, 'dispute', [0], bondWei)).toBe('NotPending(0)')
    expect(await rig.refusal(stranger, 'dispute', [1], bondWei)).toBeUndefined()
    const had = await anvil.balance(address(publisher))
    const gas = await rig.act(publisher, 'withdraw', [])
    expect(gas).toBeGreaterThan(0n)
    expect(await anvil.balance(address(publisher))).toBeGreaterThan(had)
    expect(await rig.read('owed', address(publisher))).toBe(0n)
  })

  it('that are right reject the root and all after it, and the bond goes back', async () => {
    const good = tree(10n)
    const wrong = treeOf(at.token, { [address(stranger)]: 990n })
    const after = treeOf(at.token, { [address(stranger)]: 991n })
    await rig.act(publisher, 'submit', good.submit(0, 1))
    await activate()
    await rig.act(publisher, 'submit', wrong.submit(1, 2))
    await rig.act(publisher, 'submit', after.submit(2, 3))
    await rig.act(ben, 'dispute', [1], bondWei)
    // What is active already stays so.
    await rig.act(ann, 'claim', good.claim(address(ann)))
    await rig.act(owner, 'reject', [])
    expect(await rig.read('owed', address(ben))).toBe(bondWei)
    await anvil.pass(10 * delaySec)
    for (const [index, one] of [wrong, after].entries())
      expect(await rig.refusal(stranger, 'claim', one.claim(address(stranger)))).toBe(
        `NotActive(${index + 1})`,
      )
    // The next one builds upon the last that stands: its epoch and total count again.
    const right = tree(10n, 5n)
    await rig.act(publisher, 'submit', right.submit(3, 2))
    expect(await rig.read('roots', 3)).toMatchObject({ 3: 2n, 5: 1n, 6: false })
    await activate()
    await rig.act(ben, 'claim', right.claim(address(ben)))
    expect(await balance(ben)).toBeGreaterThanOrEqual(5n)
    // A rejected root may be submitted again where it was right after all.
    expect(await rig.refusal(publisher, 'submit', wrong.submit(4, 5))).toBeUndefined()
  })

  it('need an arbiter, who names the publisher', async () => {
    expect(await rig.refusal(owner, 'renounceOwnership', [])).toBe('ArbiterNeeded()')
    expect(await rig.refusal(ann, 'setPublisher', [address(ann)])).toMatch(/^OwnableUnauthorized/)
    await rig.act(owner, 'setPublisher', [address(ben)])
    expect(await rig.refusal(publisher, 'submit', tree(1n).submit(0, 1))).toMatch(/^NotPublisher/)
    expect(await rig.refusal(ben, 'submit', tree(1n).submit(0, 1))).toBeUndefined()
  })
})

describe('redirects', () => {
  it('send claims elsewhere on the account’s own signature, each good once', async () => {
    const one = tree(100n)
    await rig.act(publisher, 'submit', one.submit(0, 1))
    await activate()
    const { timestamp } = (await anvil.rpc('eth_getBlockByNumber', 'latest', false)) as {
      timestamp: string
    }
    const deadline = BigInt(timestamp) + 60n
    const to = address(stranger)
    const signature = await rig.signRedirect(ann, to, 0n, deadline)
    const foreign = await rig.signRedirect(ben, to, 0n, deadline)
    const own = await rig.signRedirect(ann, at.distributor, 0n, deadline)
    const redirect = (...args: unknown[]) => rig.refusal(stranger, 'redirect', args)
    expect(await redirect(address(ann), to, deadline, foreign)).toBe('BadSignature()')
    expect(await redirect(address(ann), address(ben), deadline, signature)).toBe('BadSignature()')
    expect(await redirect(address(ann), to, deadline + 1n, signature)).toBe('BadSignature()')
    expect(await redirect(address(ann), at.distributor, deadline, own)).toBe('BadRedirect()')
    await rig.act(stranger, 'redirect', [address(ann), to, deadline, signature])
    expect(await redirect(address(ann), to, deadline, signature)).toBe('BadSignature()')
    const had = [await balance(ann), await balance(stranger)]
    await rig.act(ben, 'claim', one.claim(address(ann)))
    expect([await balance(ann), await balance(stranger)]).toEqual([had[0], had[1]! + 100n])
    const back = await rig.signRedirect(ann, `0x${'00'.repeat(20)}`, 1n, deadline)
    await anvil.pass(61)
    expect(await redirect(address(ann), `0x${'00'.repeat(20)}`, deadline, back)).toBe(
      `Expired(${deadline})`,
    )
  })
})
