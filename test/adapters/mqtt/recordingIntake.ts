import type { Verdict } from '../../../gateway/core/verdict.js'
import type {
  EnrolAnswer,
  Inbound,
  Intake,
  LoginRefusal,
  Principal,
} from '../../../gateway/ports/intake.js'

/** Device ids that tests use; `candidate` is not enrolled. */
export const device = 'abcdefghijklm'
export const otherDevice = 'nopqrstuvwxyz'
export const candidate = 'candidate2222'
export const buyer = 'acme'
export const gatewayId = 'gatewayaaaaaa'
export const network = 'testnet'
export const root = `fp1/${network}`

/**
 * Stands in for the pipeline: remembers what the link hands over, and answers as told. The first four
 * bytes of a message are its sequence number.
 */
export class RecordingIntake implements Intake {
  readonly messages: Inbound[] = []
  readonly refusals = new Map<string, number>()
  readonly enrolments: { bytes: Uint8Array; claimed: string | undefined }[] = []
  enrolAnswer: EnrolAnswer = { v: 1, state: 'pending', gateway: { id: gatewayId, key: 'k' } }
  /** What a message gets; `undefined`: nothing until `judge` is called. */
  verdict: (message: Inbound) => Verdict | undefined = () => 'accepted'
  #waiting: Inbound[] = []

  get waiting(): number {
    return this.#waiting.length
  }

  /** Gives every waiting message its verdict, in an order of the caller's choice. */
  judge(verdict: Verdict, order: (waiting: Inbound[]) => Inbound[] = (list) => list): void {
    const waiting = order(this.#waiting)
    this.#waiting = []
    for (const message of waiting) answer(message, verdict)
  }

  submit(message: Inbound): void {
    this.messages.push(message)
    const verdict = this.verdict(message)
    if (verdict === undefined) this.#waiting.push(message)
    else answer(message, verdict)
  }

  async enrol(bytes: Uint8Array, from: { claimed?: string }): Promise<EnrolAnswer> {
    this.enrolments.push({ bytes, claimed: from.claimed })
    return this.enrolAnswer
  }

  knows(): 'active' {
    return 'active'
  }

  time(_device: string, nonce: Uint8Array): Uint8Array | undefined {
    return nonce.length === 4 ? Uint8Array.of(1, ...nonce) : undefined
  }

  async login(name: string, password: Uint8Array): Promise<Principal | LoginRefusal> {
    if (Buffer.from(password).toString() !== 'secret') return { detail: 'wrong password' }
    if (name.startsWith(candidate)) return { role: 'candidate', name }
    if (name.startsWith(buyer)) return { role: 'buyer', name }
    return { role: 'device', name }
  }

  refused(_transport: 'mqtt' | 'serial', reason: string): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }

  sequences(): number[] {
    return this.messages.map(({ bytes }) => sequenceOf(bytes))
  }
}

/** A message of `length` bytes that carries a sequence number. */
export function message(seq: number, length = 116): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(seq)
  return bytes
}

export function sequenceOf(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUInt32BE()
}

function answer(inbound: Inbound, verdict: Verdict): void {
  const seq = inbound.bytes.length < 4 ? null : sequenceOf(inbound.bytes)
  inbound.done(verdict, { device: inbound.claimed, seq, leaf: undefined })
}

/** Time that a test moves by hand, beside the real one. */
export class TestClock {
  aheadMs = 0

  now(): number {
    return Date.now() + this.aheadMs
  }

  monotonic(): number {
    return performance.now() + this.aheadMs
  }
}
