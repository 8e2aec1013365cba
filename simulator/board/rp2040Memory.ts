/**
 * A short way to flash and RAM for the emulated processor: rp2040js looks through the whole memory
 * map at each access, which makes signing a third slower. Everything else goes the long way.
 */
import type { RP2040 } from 'rp2040js'

const flashPage = 0x10
const ramPage = 0x20
const offsetMask = 0xff_ffff

export function shortenMemory(chip: RP2040): void {
  const { core, sram, flash } = chip
  const ramWords = new Uint32Array(sram.buffer)
  const flashWords = new Uint32Array(flash.buffer)
  const flashHalves = chip.flash16
  const ramBytes = sram.length
  core.readUint16 = (address) =>
    address >>> 24 === flashPage && (address & 1) === 0
      ? flashHalves[(address & offsetMask) >>> 1]!
      : chip.readUint16(address)
  core.readUint32 = (address) => {
    const offset = address & offsetMask
    if ((offset & 3) === 0) {
      const page = address >>> 24
      if (page === ramPage && offset < ramBytes) return ramWords[offset >>> 2]!
      if (page === flashPage) return flashWords[offset >>> 2]!
    }
    return chip.readUint32(address)
  }
  core.writeUint32 = (address, value) => {
    const offset = address & offsetMask
    if (address >>> 24 === ramPage && (offset & 3) === 0 && offset < ramBytes)
      ramWords[offset >>> 2] = value
    else chip.writeUint32(address, value)
  }
}
