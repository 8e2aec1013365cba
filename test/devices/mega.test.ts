import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toB64u, toHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { formatSentence } from '../../gateway/core/frame/sentence.js'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { startMega } from '../../simulator/board/megaBoard.js'
import { MegaChip } from '../../simulator/board/megaChip.js'
import { startGateway, until } from '../support/gateway.js'
import { testCell, testNetwork, testOwner } from '../support/mqttDevice.js'
import { builtSketch, megaSketch } from '../support/sketch.js'
import { plugIn } from './cable.js'
import { FieldSamples } from './fieldSamples.js'
import { journalled } from './journalled.js'
import { expectOnce } from './journey.js'
import { compareVectors } from './vectorLines.js'

describe('a sketch on a Mega 2560, in avr8js', () => {
  it('goes from an empty EEPROM to readings that are in the journal once, over a reset', async () => {
    const { flash } = await builtSketch(megaSketch)
    const begin = (host: Parameters<typeof startMega>[1]) => startMega(readFileSync(flash), host)
    const cable = await plugIn(begin, { corruptOneIn: 2, loseAnswerOneIn: 3 })
    const gateway = await startGateway({
      env: {
        FIELDPROOF_NETWORK: testNetwork,
        FIELDPROOF_ENROLMENT__OPEN: 'true',
        FIELDPROOF_SERIAL__PORTS: JSON.stringify([cable.path]),
      },
    })
    const detail = (): string => [...cable.log, gateway.output()].join('\n')
    const reach = (what: string, ready: () => boolean): Promise<true> =>
      until(what, ready, { deadlineMs: 120_000, detail })

    await reach('the board to ask for a key', () => cable.said('PQ').length > 0)
    const host = [toB64u(randomBytes(32)), testNetwork, '', testOwner, testCell]
    cable.board.write(Buffer.from(formatSentence('PV', host), 'latin1'))
    await reach('a proof of the key', () => cable.said('EN').length > 0)
    const device = cable.said('HI').at(-1)![1]!
    await until('the candidate to be listed', async () => {
      const devices = await gateway.api<DeviceView[]>('/api/devices')
      return devices.some((one) => one.device === device)
    })
    // Without this interval, which the board is told while it is busy, readings are 300 s apart.
    await gateway.api(`/api/devices/${device}/approve`, {
      owner: testOwner,
      cell: testCell,
      intervalSec: 1,
    })
    await reach('readings', () => cable.acknowledged.size >= 3)
    cable.board.restart()
    await reach('the second boot', () => cable.said('HI').at(-1)![4] === '2')
    await reach('more readings', () => cable.acknowledged.size >= 5)

    await cable.unplug()
    expect(await gateway.stop()).toBe(0)
    expectOnce(await journalled(gateway.dataDir), cable)
    expect(cable.counts.resent).toBeGreaterThan(0)
    expect(cable.log.join('\n')).not.toContain('Ed25519 fails')
  }, 300_000)

  it('makes the messages of schemas/vectors', async () => {
    const { flash } = await builtSketch('test/sketches/MegaVectors', ['boards/common/vectors'])
    expect(await compareVectors((host) => startMega(readFileSync(flash), host))).toBeGreaterThan(30)
  }, 300_000)

  it('computes and signs as the gateway’s library does, in a time that tells nothing', async () => {
    const { flash } = await builtSketch('test/sketches/MegaCrypto')
    let said = ''
    let begun = 0
    let isDone = false
    const cycles: number[] = []
    const chip = new MegaChip(readFileSync(flash), {
      sent: (byte) => {
        const char = String.fromCharCode(byte)
        said += char
        isDone = char === '\n' && said.endsWith('end\r\n')
        if (char === '<') begun = chip.cycles
        if (char === '>') cycles.push(chip.cycles - begun)
      },
      jitter: () => 0,
    })
    chip.run(60, () => isDone)
    const lines = said.split('\r\n')
    const samples = new FieldSamples()
    const checks = Array.from({ length: 10 }, () => `${samples.check(100)}`)
    expect(lines.slice(0, 10)).toEqual(checks)
    const signed = lines.slice(10, 13).map((line) => line.replace('<>', '').toLowerCase())
    for (const line of signed) {
      const [seed, message, key, signature] = line.split(' ')
      const [s, m] = [fromHex(seed!)!, fromHex(message!)!]
      expect([key, signature]).toEqual([toHex(ed25519PublicKey(s)), toHex(ed25519Sign(m, s))])
    }
    expect(signed).toHaveLength(3)
    expect(lines[13]).toBe('1')
    console.log(`mega2560: ${cycles[0]} cycles a signature, ${chip.cycles} in all`)
    expect(cycles[0]).toBeGreaterThan(1_000_000)
    expect(new Set(cycles).size).toBe(1)
  }, 300_000)
})
