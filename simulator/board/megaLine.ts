/**
 * Serial line 0 of an ATmega2560: avr8js's, at a line's speed and with the chip's memory for two bytes.
 * avr8js by itself loses a byte that has come when a control register is written.
 */
import { AVRUSART, type CPU, usart0Config } from 'avr8js'
import { bytesPerLineSecond, megaClockHz } from '../limits.js'

const config = {
  ...usart0Config,
  rxCompleteInterrupt: 0x32,
  dataRegisterEmptyInterrupt: 0x34,
  txCompleteInterrupt: 0x36,
}
const cyclesPerByte = Math.round(megaClockHz / bytesPerLineSecond)
/** Bytes that wait in the chip until they are read; one more is lost. */
const waitingMax = 2
/** Of the status register: a byte has come, there is room for one to send. A program cannot set them. */
const statusOnly = 0x80 | 0x20

export class MegaLine {
  readonly #cpu: CPU
  readonly #usart: AVRUSART
  readonly #arriving: number[] = []
  readonly #waiting: number[] = []
  #isArriving = false

  constructor(cpu: CPU, sent: (byte: number) => void) {
    this.#cpu = cpu
    this.#usart = new AVRUSART(cpu, config, megaClockHz)
    this.#usart.onByteTransmit = sent
    this.#keepStatus()
    this.#keepInterrupt()
    this.#nextAfterRead()
  }

  /** Bytes for the chip, one after the other. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#arriving.push(byte)
    if (!this.#isArriving) this.#next()
  }

  #next(): void {
    this.#isArriving = this.#arriving.length > 0
    if (this.#isArriving) this.#cpu.addClockEvent(() => this.#arrived(), cyclesPerByte)
  }

  #arrived(): void {
    const byte = this.#arriving.shift()!
    if (this.#usart.rxEnable && this.#waiting.length < waitingMax) {
      this.#waiting.push(byte)
      if (this.#waiting.length === 1) this.#usart.writeByte(byte, true)
    }
    this.#next()
  }

  #keepStatus(): void {
    const write = this.#cpu.writeHooks[config.UCSRA]!
    this.#cpu.writeHooks[config.UCSRA] = (value, before, address, mask) => {
      const result = write(value, before, address, mask)
      this.#cpu.data[config.UCSRA]! |= before & statusOnly
      return result
    }
  }

  #keepInterrupt(): void {
    const write = this.#cpu.writeHooks[config.UCSRB]!
    this.#cpu.writeHooks[config.UCSRB] = (value, before, address, mask) => {
      const result = write(value, before, address, mask)
      if (this.#waiting.length > 0) this.#usart.writeByte(this.#waiting[0]!, true)
      return result
    }
  }

  #nextAfterRead(): void {
    const read = this.#cpu.readHooks[config.UDR]!
    this.#cpu.readHooks[config.UDR] = (address) => {
      const byte = read(address)
      this.#waiting.shift()
      if (this.#waiting.length > 0) this.#usart.writeByte(this.#waiting[0]!, true)
      return byte
    }
  }
}
