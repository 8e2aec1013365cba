/**
 * An RP2040 with a program in its flash, made of rp2040js and the parts that it leaves out: the ROM's
 * flash functions, the oscillator's random bits, a serial line that is as slow as a real one, a reset
 * that keeps flash. Time is the chip's own; it passes only in `run`.
 */
import { BasePeripheral, type RP2040, Simulator } from 'rp2040js'
import { bytesPerLineSecond, chipClockHz } from '../limits.js'
import { shortenMemory } from './rp2040Memory.js'
import { flashCall, romImage } from './rp2040Rom.js'

const flashBase = 0x1000_0000
const nanosPerCycle = 1e9 / chipClockHz
/** Cycles between two looks at the clock: 4 microseconds, far below the tick of 1 ms. */
const cyclesPerLook = 500
const roscPage = 0x40060
const watchdogPage = 0x40058
const randomBitOffset = 0x1c

export interface ChipHost {
  /** The program has sent a byte. */
  sent(byte: number): void
  /** One unforeseeable bit. */
  randomBit(): number
  /** The program has changed its flash. */
  written?(): void
  /** The program came to `bkpt #code`, other than those of the ROM; the chip's cycles until then. */
  mark?(code: number, cycles: number): void
}

export interface Chip {
  /** Runs for that many nanoseconds of the chip's time, or until `enough()`; returns what it ran. */
  run(nanos: number, enough: () => boolean): number
  /** Bytes for the serial line. */
  receive(bytes: Uint8Array): void
  /** Starts over as after a power cut. */
  restart(): void
  /** All of the flash, as it is now. */
  readonly flash: Uint8Array
}

/** The ring oscillator: only its random bit is of interest. */
class RingOscillator extends BasePeripheral {
  readonly #randomBit: () => number

  constructor(chip: RP2040, randomBit: () => number) {
    super(chip, 'ROSC')
    this.#randomBit = randomBit
  }

  override readUint32(offset: number): number {
    return offset === randomBitOffset ? this.#randomBit() : 0
  }
}

/** A chip with this in flash from its start; what is beyond reads as erased. */
export function startChip(flash: Uint8Array, host: ChipHost): Chip {
  return new EmulatedChip(flash, host)
}

class EmulatedChip implements Chip {
  readonly #host: ChipHost
  readonly #waiting: number[] = []
  #simulator: Simulator
  #restartAsked = false
  /** The chip's time at which the next received byte is complete. */
  #nextByteNanos = 0

  constructor(flash: Uint8Array, host: ChipHost) {
    this.#host = host
    this.#simulator = this.#powerUp(flash)
  }

  get flash(): Uint8Array {
    return this.#simulator.rp2040.flash
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#waiting.push(byte)
  }

  restart(): void {
    this.#restartAsked = false
    this.#waiting.length = 0
    this.#nextByteNanos = 0
    this.#simulator = this.#powerUp(this.flash)
  }

  run(nanos: number, enough: () => boolean): number {
    let ran = 0
    while (ran < nanos && !enough()) {
      for (let look = 0; look < 64 && ran < nanos; look++) ran += this.#step(nanos - ran)
      if (this.#restartAsked) this.restart()
    }
    return ran
  }

  /** Some instructions, or the sleep to the next alarm; returns the nanoseconds that passed. */
  #step(nanosMax: number): number {
    const { rp2040, clock } = this.#simulator
    const { core } = rp2040
    this.#feed()
    let nanos: number
    if (core.waiting) {
      const byteIn = this.#waiting.length === 0 ? nanosMax : this.#nextByteNanos - clock.nanos
      nanos = Math.max(nanosPerCycle, Math.min(nanosMax, clock.nanosToNextAlarm, byteIn))
      clock.tick(nanos)
      // Looks for the interrupt that the alarm may have asked for; without one it goes on sleeping.
      if (core.interruptsUpdated && core.checkForInterrupts()) core.waiting = false
    } else {
      let cycles = 0
      while (cycles < cyclesPerLook && !core.waiting) cycles += core.executeInstruction()
      nanos = cycles * nanosPerCycle
      clock.tick(nanos)
    }
    return nanos
  }

  /** Gives the serial line the byte that is due. */
  #feed(): void {
    if (this.#waiting.length === 0) return
    const { rp2040, clock } = this.#simulator
    if (clock.nanos < this.#nextByteNanos) return
    this.#nextByteNanos = clock.nanos + 1e9 / bytesPerLineSecond
    rp2040.uart[0]!.feedByte(this.#waiting.shift()!)
  }

  #powerUp(flash: Uint8Array): Simulator {
    const simulator = new Simulator()
    const chip = simulator.rp2040
    const silent = (): void => {}
    chip.logger = { debug: silent, info: silent, warn: silent, error: silent }
    shortenMemory(chip)
    chip.bootrom.set(romImage())
    chip.flash.set(flash)
    chip.peripherals[roscPage] = new RingOscillator(chip, () => this.#host.randomBit())
    const watchdog = chip.peripherals[watchdogPage]
    if (watchdog === undefined || !('onWatchdogTrigger' in watchdog))
      throw new Error('rp2040js has its watchdog somewhere else now')
    watchdog.onWatchdogTrigger = () => {
      this.#restartAsked = true
      chip.core.waiting = true
    }
    chip.uart[0]!.onByte = (byte) => this.#host.sent(byte)
    chip.onBreak = (code) => {
      const call = flashCall(chip, code)
      if (call === 'none') this.#host.mark?.(code, chip.core.cycles)
      if (call === 'written') this.#host.written?.()
    }
    chip.core.VTOR = flashBase
    chip.core.reset()
    return simulator
  }
}
