/** The enrolment of a board over its serial line (PROTOCOL 2.3, 4): `$FPEQ` out, `$FPEN` back. */
import { toB64u } from '../../core/bytes.js'
import { enrolmentCode } from '../../core/device/code.js'
import { parseEnrolment } from '../../core/device/enrolment.js'
import { messageOf } from '../../core/failure.js'
import { serialEnrolTriesMax } from '../../core/limits.js'
import type { EnrolAnswer } from '../../ports/intake.js'
import type { BoardHost } from './boardHost.js'
import { outLine } from './outLine.js'

/** Random bytes that the board signs into its proof, so that an old proof cannot be played back. */
const nonceBytes = 16

export class Enrolment {
  readonly #host: Pick<
    BoardHost,
    'clock' | 'intake' | 'timing' | 'network' | 'gatewayKey' | 'randomBytes' | 'write' | 'note'
  >
  /** What the board was asked for and has not yet answered. */
  #asked: { device: string; nonce: Uint8Array; tries: number; atMs: number } | undefined
  /** A proof is being looked at. */
  #busy = false

  constructor(host: BoardHost) {
    this.#host = host
  }

  /** A board that can enrol said hello; it is asked for its proof unless it need not or may not. */
  invite(device: string): void {
    const state = this.#host.intake.knows(device)
    if (state === 'active' || state === 'suspended' || state === 'revoked') {
      this.forget()
      if (state !== 'active')
        this.#host.note('warn', `${device} is ${state}; its readings are refused`)
      return
    }
    // A board may say hello twice in a row (it boots, and it is probed): one question serves both.
    if (this.#busy || this.#asked?.device === device) return
    const nonce = this.#host.randomBytes(nonceBytes)
    this.#asked = { device, nonce, tries: 0, atMs: 0 }
    this.#ask()
  }

  /** Repeats the question where no answer came; gives up until the next hello after some tries. */
  tick(): void {
    const asked = this.#asked
    if (asked === undefined) return
    if (this.#host.clock.monotonic() - asked.atMs < this.#host.timing.enrolMs) return
    if (asked.tries < serialEnrolTriesMax) {
      this.#ask()
      return
    }
    this.#asked = undefined
    this.#host.note('warn', `${asked.device} does not answer $FPEQ; reset the board to try again`)
  }

  /** `$FPEN` came. A proof that was not asked for, or came twice, is refused unread. */
  proof(bytes: Uint8Array): void {
    const { intake } = this.#host
    const asked = this.#asked
    if (asked === undefined || this.#busy) {
      intake.refused('serial', 'frame')
      return
    }
    this.#asked = undefined
    this.#busy = true
    intake
      .enrol(bytes, { transport: 'serial', claimed: asked.device, nonce: asked.nonce })
      .then((answer) => this.#tell(asked.device, answer, this.#code(bytes, asked.nonce)))
      .catch((error) => this.#host.note('error', `enrolment not possible now: ${messageOf(error)}`))
      .finally(() => {
        this.#busy = false
      })
  }

  /** Nothing is expected any more. */
  forget(): void {
    this.#asked = undefined
  }

  #ask(): void {
    const { clock, gatewayKey, network, write } = this.#host
    const asked = this.#asked!
    asked.tries++
    asked.atMs = clock.monotonic()
    write(outLine('EQ', toB64u(asked.nonce), network, toB64u(gatewayKey)))
  }

  /** What the board shows, if the proof is its own (schemas/enrolment.md). */
  #code(proof: Uint8Array, nonce: Uint8Array): string {
    const enrolment = parseEnrolment(proof)
    return enrolment.ok ? enrolmentCode(this.#host.gatewayKey, enrolment.value.key, nonce) : ''
  }

  #tell(device: string, answer: EnrolAnswer, code: string): void {
    const { note } = this.#host
    if (answer.state === 'pending')
      note(
        'info',
        `${device} (code ${code}) waits for approval: fieldproof devices approve ${device} --owner 0x.. --cell 87..`,
      )
    else if (answer.state === 'refused')
      note('warn', `${device} was not enrolled: ${answer.reason ?? 'refused'}`)
    else note('info', `${device} is ${answer.state}`)
  }
}
