import type { Verdict } from '../../../gateway/core/verdict.js'
import type {
  Answer,
  EnrolAnswer,
  Inbound,
  Intake,
  LoginRefusal,
} from '../../../gateway/ports/intake.js'

type State = NonNullable<ReturnType<Intake['knows']>>

/** Stands where the pipeline does: keeps what a link hands over, and answers when told to. */
export class RecordingIntake implements Intake {
  readonly submitted: Inbound[] = []
  readonly enrolments: { bytes: Uint8Array; claimed: string | undefined; nonce: Uint8Array }[] = []
  readonly times: { device: string; nonce: Uint8Array }[] = []
  readonly refusals = new Map<string, number>()
  readonly states = new Map<string, State>()
  /** Verdict given at once; `undefined`: none until `answer` is called. */
  verdict: Verdict | undefined = 'accepted'
  /** Whose key the messages are under. */
  signer: string | undefined
  enrolAnswer: EnrolAnswer = { v: 1, state: 'pending', gateway: { id: 'g', key: 'k' } }
  timeAnswer: Uint8Array | undefined = Uint8Array.of(1, 2, 3)

  submit(message: Inbound): void {
    this.submitted.push(message)
    if (this.verdict !== undefined) this.answer(message, this.verdict)
  }

  answer(message: Inbound, verdict: Verdict): void {
    const answer: Answer = { device: this.signer, seq: 1, leaf: undefined }
    message.done(verdict, answer)
  }

  enrol(bytes: Uint8Array, from: { claimed?: string; nonce?: Uint8Array }): Promise<EnrolAnswer> {
    if (from.nonce === undefined) throw new Error('a proof over serial comes with its nonce')
    this.enrolments.push({ bytes, claimed: from.claimed, nonce: from.nonce })
    return Promise.resolve(this.enrolAnswer)
  }

  knows(device: string): State | undefined {
    return this.states.get(device)
  }

  time(device: string, nonce: Uint8Array): Uint8Array | undefined {
    this.times.push({ device, nonce })
    return this.timeAnswer
  }

  login(): Promise<LoginRefusal> {
    return Promise.resolve({ detail: 'not over serial' })
  }

  refused(transport: string, reason: string): void {
    if (transport !== 'serial') throw new Error(`counted for ${transport}`)
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }

  count(reason: string): number {
    return this.refusals.get(reason) ?? 0
  }
}
