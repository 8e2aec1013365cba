import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromB64u, toB64u } from '../../gateway/core/bytes.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { EpochJson } from '../../gateway/core/log/epoch.js'
import type { ContributionRow } from '../../gateway/core/rewards/statement.js'
import { ScriptedBoard } from '../adapters/serial/scriptedBoard.js'
import { type Anvil, type Deployment, deploy, startAnvil, tokenBalance } from '../support/anvil.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { testCell, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { type NullModem, nullModem } from '../support/socat.js'

const delaySec = 600
const holder = holderOf(11)
const id = deviceIdOf(holder.publicKey)
const folder = temporaryFolder('story')
const proofFile = join(folder, 'proof.json')
const payerKey = join(folder, 'payer.key')

/**
 * From a board on a serial file to tokens on its owner's account, by the commands that an owner and
 * an operator use.
 */
describe('an owner’s story', () => {
  let anvil: Anvil
  let at: Deployment
  let cable: NullModem
  let board: ScriptedBoard
  let gateway: RunningGateway
  let owner: string
  let row: ContributionRow

  beforeAll(async () => {
    anvil = await startAnvil()
    at = await deploy(anvil, { delaySec })
    owner = anvil.accounts[2]!.address
    writeFileSync(payerKey, anvil.accounts[4]!.text)
    cable = await nullModem()
    board = await ScriptedBoard.open(cable.b, id, 'rd+en+tq')
    gateway = await startGateway({
      env: {
        FIELDPROOF_NETWORK: testNetwork,
        FIELDPROOF_ENROLMENT__OPEN: 'true',
        FIELDPROOF_SERIAL__PORTS: JSON.stringify([cable.a]),
        FIELDPROOF_REWARDS__TOKEN: at.token,
        FIELDPROOF_CHAIN__ENABLED: 'true',
        FIELDPROOF_CHAIN__URL: anvil.url,
        FIELDPROOF_CHAIN__ID: String(anvil.chainId),
        FIELDPROOF_CHAIN__DISTRIBUTOR: at.distributor,
        FIELDPROOF_CHAIN__KEY: anvil.accounts[1]!.text,
        FIELDPROOF_CHAIN__CONFIRMATIONS: '1',
      },
    })
  })

  afterAll(async () => {
    await board.close()
    await gateway.kill()
    await cable.unplug()
    await anvil.stop()
  })

  const cli = async (...args: string[]): Promise<string> => {
    const result = await fieldproof(args, { env: { FIELDPROOF_DATA_DIR: gateway.dataDir } })
    expect(result, args.join(' ')).toMatchObject({ code: 0 })
    return result.out
  }

  it('begins with a board that is plugged in and approved', async () => {
    const [nonce] = await board.next('EQ')
    const about = { model: 'test-board', firmware: 'test', version: '1' }
    const fields = { ...about, nonce: fromB64u(nonce!)!, metrics: ['temperature'] as const }
    board.send('EN', toB64u(encodeEnrolment(fields, holder, testNetwork)))
    await until('the board among the candidates', async () =>
      (await cli('devices', 'pending')).includes(id),
    )
    await cli('devices', 'approve', id, '--owner', owner, '--cell', testCell)
  })

  it('has a reading acknowledged on the serial line', async () => {
    const time = Math.floor(Date.now() / 1000)
    const values = [{ metric: 'temperature' as const, time, value: { m: 215, e: -1 } }]
    board.send('RD', '12', toB64u(readingOf(holder, testNetwork, 70_000, values)))
    expect(await board.next('AK')).toEqual(['12'])
  })

  it('earns in the epoch that owns it', async () => {
    const epoch = await until('an epoch that is a second old', async () => {
      const closed = await fieldproof(['epoch', 'close', '--json', '-d', gateway.dataDir])
      return closed.code === 0 && (JSON.parse(closed.out) as EpochJson)
    })
    const shown = JSON.parse(await cli('epoch', 'show', '1', '--json')) as {
      rows: ContributionRow[]
    }
    row = shown.rows[0]!
    expect(shown.rows).toHaveLength(1)
    expect(row).toMatchObject({ device: id, owner, accepted: 1, paid: epoch.paid })
    // Alone it gets what one device may get at most, a quarter; the rest is never emitted.
    expect(BigInt(row.paid)).toBe(BigInt(epoch.money[0]!) / 4n)
    expect(BigInt(row.paid)).toBeGreaterThan(0n)
  })

  it('is proved offline, from the reading to the amount', async () => {
    await cli('proof', id, '70000', '-o', proofFile)
    const verified = await fieldproof(['verify', proofFile])
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.out).toContain(row.paid)
  })

  it('comes to the chain by itself, and can be claimed after the delay', async () => {
    const claim = ['claim', owner, '--from', gateway.url]
    const chain = ['--url', anvil.url, '--distributor', at.distributor, '--key-file', payerKey]
    await until('the root on the chain', async () =>
      (await fieldproof([...claim, ...chain])).out.includes('root 0 is not active yet'),
    )
    const early = await fieldproof([...claim, ...chain, '--send'])
    expect(early).toMatchObject({ code: 1, err: expect.stringMatching(/root 0 is not active yet/) })
    await anvil.pass(delaySec)
    expect(await cli(...claim, ...chain, '--send')).toContain(`${row.paid} base units are paid`)
    expect(await tokenBalance(anvil, at.token, owner)).toBe(BigInt(row.paid))
    expect(await cli(...claim, ...chain, '--send')).toContain('nothing is left to claim')
  })

  it('says in /readyz when the chain is away, and works on', async () => {
    await anvil.stop()
    try {
      await cli('epoch', 'close')
      const ready = await until('the gateway to miss the chain', async () => {
        const answer = await fetch(`${gateway.url}/readyz`)
        const body = (await answer.json()) as { degraded: string[] }
        return body.degraded.length > 0 && { status: answer.status, ...body }
      })
      expect(ready.status).toBe(200)
      expect(ready.degraded).toEqual([expect.stringMatching(/^chain: the chain's node at 127/)])
    } finally {
      await anvil.start()
    }
  })
})
