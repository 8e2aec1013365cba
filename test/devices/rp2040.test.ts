import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startRp2040 } from '../../simulator/board/rp2040Board.js'
import { startChip } from '../../simulator/board/rp2040Chip.js'
import { builtImage } from '../support/image.js'
import { journey } from './journey.js'
import { compareVectors } from './vectorLines.js'

describe('firmware on an RP2040, in rp2040js', () => {
  it('goes from its first hello to its revocation, each reading in the journal once', async () => {
    const { flash } = await builtImage('rp2040', 'firmware', { FIRMWARE_PERIOD_MS: 10 })
    const told = await journey((host) => startRp2040(readFileSync(flash), host))
    console.log(`rp2040: ${told}`)
    expect(told).toContain('acknowledged')
    // Some 30 s where nothing else runs: the emulator is slower than the chip.
  }, 600_000)

  it('makes the messages of schemas/vectors', async () => {
    const { flash } = await builtImage('rp2040', 'vectors')
    expect(await compareVectors((host) => startRp2040(readFileSync(flash), host))).toBeGreaterThan(
      30,
    )
  }, 300_000)

  it('signs in a time that tells nothing of key or message', async () => {
    // With libgcc's own __aeabi_lmul, which branches, no two of these are alike.
    const { flash } = await builtImage('rp2040', 'signing')
    const cycles = cyclesOfSignatures(readFileSync(flash))
    expect(cycles).toHaveLength(8)
    expect(cycles[0]).toBeGreaterThan(1_000_000)
    expect(new Set(cycles).size).toBe(1)
  })
})

/** The image says where a signature begins (1) and ends (2), and that it is done with them (3). */
function cyclesOfSignatures(flash: Uint8Array): number[] {
  const found: number[] = []
  let begun = 0
  let isDone = false
  const chip = startChip(flash, {
    sent: () => {},
    randomBit: () => 0,
    mark: (code, cycles) => {
      if (code === 1) begun = cycles
      if (code === 2) found.push(cycles - begun)
      if (code === 3) isDone = true
    },
  })
  chip.run(60e9, () => isDone)
  return found
}
