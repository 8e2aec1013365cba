import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/gateway.js'
import { builtImage } from '../support/image.js'
import { startQemu } from '../support/qemu.js'
import { journey } from './journey.js'
import { compareVectors } from './vectorLines.js'

describe('firmware on a Cortex-M3, in QEMU', () => {
  it('goes from its first hello to its revocation, each reading in the journal once', async () => {
    const { elf } = await builtImage('mps2-an385', 'firmware', { FIRMWARE_PERIOD_MS: 10 })
    const folder = temporaryFolder('fieldproof-board')
    const told = await journey((host) =>
      startQemu({ program: 'qemu-system-arm', machine: 'mps2-an385', elf, folder }, host),
    )
    console.log(`mps2-an385: ${told}`)
    expect(told).toContain('acknowledged')
  }, 300_000)

  it('makes the messages of schemas/vectors', async () => {
    const { elf } = await builtImage('mps2-an385', 'vectors')
    const count = await compareVectors((host) =>
      startQemu({ program: 'qemu-system-arm', machine: 'mps2-an385', elf }, host),
    )
    expect(count).toBeGreaterThan(30)
  })
})
