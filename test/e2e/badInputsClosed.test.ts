import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromB64u, toB64u } from '../../gateway/core/bytes.js'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { StatusView } from '../../gateway/ports/operations.js'
import { connectPacket, openRaw } from '../adapters/mqtt/rawClient.js'
import { helloFields, ScriptedBoard } from '../adapters/serial/scriptedBoard.js'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { type NullModem, nullModem } from '../support/socat.js'

describe('where enrolment is closed, as it is by default', () => {
  const holder = holderOf(1)
  const id = deviceIdOf(holder.publicKey)
  let cable: NullModem
  let board: ScriptedBoard
  let gateway: RunningGateway

  beforeAll(async () => {
    cable = await nullModem()
    board = await ScriptedBoard.open(cable.b)
    board.hello = helloFields(id, 'rd+en')
    const ports = JSON.stringify([cable.a])
    gateway = await startGateway({
      env: { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_SERIAL__PORTS: ports },
    })
  })

  afterAll(async () => {
    await gateway.kill()
    await board.close()
    await cable.unplug()
  })

  async function refused(): Promise<Record<string, number>> {
    return (await gateway.api<StatusView>('/api/status')).counters.refused
  }

  it('an unknown key is no candidate: its login is refused', async () => {
    const client = await openRaw(gateway.mqttPort)
    client.send(connectPacket(id, { password: encodeConnectToken(holder, testNetwork) }))
    await client.gone()
    expect(client.packets.map(({ type, body }) => [type, body[1]])).toEqual([[2, 5]])
    expect(await refused()).toEqual({ login: 1 })
  })

  it('an honest proof on serial is refused with what the operator can do', async () => {
    const [nonce] = await board.next('EQ')
    const fields = { model: 'test', firmware: 'test', version: '1', metrics: ['rain'] } as const
    const proof = encodeEnrolment({ ...fields, nonce: fromB64u(nonce!)! }, holder, testNetwork)
    board.send('EN', toB64u(proof))
    const said = `${id} was not enrolled: enrolment is closed: the operator sets enrolment.open`
    await until('the outcome', () => gateway.output().includes(said), { detail: gateway.output })
    expect(await gateway.api('/api/devices')).toEqual([])
    expect(await refused()).toEqual({ login: 1, enrolment: 1 })
  })

  it('its readings are refused', async () => {
    board.send('RD', '1', toB64u(readingOf(holder, testNetwork, 1)))
    expect(await board.next('NK')).toEqual(['1', 'unknown-device'])
  })
})
