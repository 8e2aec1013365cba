/**
 * An ATmega2560 with a program in its flash, made of avr8js and what that leaves out or does otherwise:
 * the vectors of this chip, sleep, an oscillator of the watchdog that is not the crystal. Time is the
 * chip's own; it passes only in `run`.
 */
import {
  ADCMuxInputType,
  ADCReference,
  AVRADC,
  AVRClock,
  AVREEPROM,
  AVRTimer,
  AVRWatchdog,
  adcConfig,
  avrInstruction,
  CPU,
  clockConfig,
  EEPROMMemoryBackend,
  eepromConfig,
  timer0Config,
  watchdogConfig,
} from 'avr8js'
import { megaClockHz } from '../limits.js'
import { MegaLine } from './megaLine.js'

const flashBytes = 256 * 1024
/** Registers beyond those that avr8js counts itself, and 8 kB of memory. */
const memoryBytes = 0x100 + 8 * 1024
const memoryAt = 0x200
const eepromBytes = 4096
/** Instructions between two looks at the clock and the line. */
const instructionsPerLook = 256
const sleepInstruction = 0x9588
const sleepControl = 0x53
const sleepEnabled = 1
const status = 0x5f
const interruptsOn = 0x80

export interface MegaHost {
  /** The program has sent a byte. */
  sent(byte: number): void
  /** A number from 0 to 1 that nobody can foresee: by so much the watchdog's oscillator is off. */
  jitter(): number
}

/** A chip with this in flash; what is beyond reads as erased. The EEPROM outlives a power cut. */
export class MegaChip {
  readonly #host: MegaHost
  readonly #program = new Uint16Array(flashBytes / 2)
  readonly #eeprom = new EEPROMMemoryBackend(eepromBytes)
  #cpu!: CPU
  #line!: MegaLine
  #isAsleep = false
  #wokeAt = 0

  constructor(flash: Uint8Array, host: MegaHost) {
    this.#host = host
    const bytes = new Uint8Array(this.#program.buffer).fill(0xff)
    bytes.set(flash)
    this.restart()
  }

  /** Cycles since the power came. */
  get cycles(): number {
    return this.#cpu.cycles
  }

  /** Cycles since it last woke. */
  get awakeCycles(): number {
    return this.#cpu.cycles - this.#wokeAt
  }

  /** Bytes of memory that nothing has written to since the power came, above the variables. */
  untouched(variableBytes: number): number {
    const free = this.#cpu.data.subarray(memoryAt + variableBytes)
    const first = free.findIndex((byte) => byte !== unwritten)
    return first < 0 ? free.length : first
  }

  /** Bytes for the serial line; they arrive at its speed. */
  receive(bytes: Uint8Array): void {
    this.#line.receive(bytes)
  }

  /** Starts over as after a power cut. */
  restart(): void {
    this.#isAsleep = false
    this.#wokeAt = 0
    this.#cpu = new CPU(this.#program, memoryBytes)
    // avr8js uses an event again with what it did before instead of what it is to do.
    inner(this.#cpu).clockEventPool.pop = () => undefined
    this.#cpu.data.fill(unwritten, memoryAt)
    this.#line = new MegaLine(this.#cpu, (byte) => this.#host.sent(byte))
    const timer0 = { compAInterrupt: 0x2a, compBInterrupt: 0x2c, ovfInterrupt: 0x2e }
    new AVRTimer(this.#cpu, { ...timer0Config, ...timer0 })
    new AVREEPROM(this.#cpu, this.#eeprom, { ...eepromConfig, eepromReadyInterrupt: 0x3c })
    new AVRADC(this.#cpu, supplyOnly)
    const clock = new AVRClock(this.#cpu, megaClockHz, clockConfig)
    const config = { ...watchdogConfig, watchdogInterrupt: 0x18 }
    new JitteringWatchdog(this.#cpu, config, clock).jitter = () => this.#host.jitter()
  }

  /**
   * Runs until the chip has slept so many seconds, or `enough()`; returns how long it slept. A chip that
   * works is let work as fast as it can.
   */
  run(sleepSeconds: number, enough: () => boolean): number {
    const cyclesMax = sleepSeconds * megaClockHz
    let slept = 0
    while (slept < cyclesMax && !enough()) {
      if (this.#isAsleep) slept += this.#sleep()
      else this.#work()
    }
    return slept / megaClockHz
  }

  /** Some instructions, fewer where one of them is to sleep. Called millions of times a second. */
  #work(): void {
    const cpu = this.#cpu
    const { data, progMem } = cpu
    for (let i = 0; i < instructionsPerLook; i++) {
      const wasMasked = (data[status]! & interruptsOn) === 0
      let opcode = progMem[cpu.pc]
      avrInstruction(cpu)
      // One more comes before an interrupt: compilers change the stack pointer's halves on that word.
      if (wasMasked && (data[status]! & interruptsOn) !== 0) {
        opcode = progMem[cpu.pc]
        avrInstruction(cpu)
      }
      const { pc } = cpu
      cpu.tick()
      // An interrupt goes to its vector.
      if (
        opcode === sleepInstruction &&
        (data[sleepControl]! & sleepEnabled) !== 0 &&
        cpu.pc === pc
      ) {
        this.#isAsleep = true
        return
      }
    }
  }

  /** To the next event of the clock, which may wake the chip; its cycles. */
  #sleep(): number {
    const cpu = this.#cpu
    const { pc, cycles } = cpu
    const event = inner(cpu).nextClockEvent
    if (event !== null) cpu.cycles = Math.max(cycles, event.cycles)
    cpu.tick()
    this.#isAsleep = cpu.pc === pc
    this.#wokeAt = cpu.cycles
    return cpu.cycles - cycles
  }
}

/** What the memory holds before it is written: as good as any. */
const unwritten = 0xaa

/** Its ticks come up to a hundredth late. */
class JitteringWatchdog extends AVRWatchdog {
  jitter = (): number => 0

  override resetWatchdog(): void {
    super.resetWatchdog()
    const late = this.jitter() * 0.01 * (megaClockHz / this.clockFrequency) * this.prescaler
    inner(this).watchdogTimeout += Math.floor(late)
  }
}

/** What avr8js keeps to itself. */
interface Inner {
  nextClockEvent: { cycles: number } | null
  clockEventPool: unknown[]
  watchdogTimeout: number
}

function inner(part: unknown): Inner {
  return part as Inner
}

/** The converter: nothing is wired, so there is the reference of 1.1 V against a supply of 5 V. */
const supplyOnly = {
  ...adcConfig,
  adcInterrupt: 0x3a,
  muxInputMask: 0x1f,
  muxChannels: { 30: { type: ADCMuxInputType.Constant as const, voltage: 1.1 } },
  adcReferences: [
    ADCReference.AREF,
    ADCReference.AVCC,
    ADCReference.Internal1V1,
    ADCReference.Internal2V56,
  ],
}
