import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { fieldproof } from '../support/cli.js'
import { startGateway, temporaryFolder, until } from '../support/gateway.js'
import { builtImage } from '../support/image.js'
import { testCell, testNetwork, testOwner } from '../support/mqttDevice.js'
import { plugInQemu } from '../support/qemu.js'

describe('a board fresh from its box, on a terminal of QEMU', () => {
  it('is provisioned by the cable, and its first reading is there', async () => {
    const defines = { FIRMWARE_AWAITS_KEY: 1, FIRMWARE_PERIOD_MS: 100 }
    const { elf } = await builtImage('mps2-an385', 'firmware', defines)
    const folder = temporaryFolder('fieldproof-board')
    const machine = 'mps2-an385'
    const board = await plugInQemu({ program: 'qemu-system-arm', machine, elf, folder })
    const gateway = await startGateway({
      env: {
        FIELDPROOF_NETWORK: testNetwork,
        FIELDPROOF_ENROLMENT__OPEN: 'true',
        FIELDPROOF_SERIAL__PORTS: JSON.stringify([board.path]),
      },
    })
    try {
      const options = { detail: gateway.output }
      const found = (text: string) => () => gateway.output().includes(text)
      await until('the gateway to find it', found('has a board without a key'), options)

      const place = ['--owner', testOwner, '--cell', testCell, '--port', board.path]
      const args = [
        'provision',
        '-d',
        gateway.dataDir,
        ...place,
        '--ssid',
        'home',
        '--yes',
        '--json',
      ]
      const { code, out, err } = await fieldproof(args)
      expect([code, err]).toEqual([0, expect.stringContaining('talking to the board')])

      const { device } = JSON.parse(out) as DeviceView
      const view = await until(
        'its first reading',
        async () => {
          const one = await gateway.api<DeviceView>(`/api/devices/${device}`)
          return one.accepted > 0 && one
        },
        options,
      )
      expect(view.state).toBe('active')
      // What it was told of Wi-Fi outlives it: the library's record of settings, which begins so.
      const settings = readFileSync(join(folder, 'settings.bin')).toString('latin1')
      expect(settings.startsWith('FPS\x01home\0')).toBe(true)
    } finally {
      await board.unplug()
      await gateway.stop()
    }
  })
})
