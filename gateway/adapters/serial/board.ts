/**
 * The session of one board on one opened port, from the first probe to the loss of the port. Pure of
 * I/O: lines go in, lines come out through `write`, time comes from `tick` (PROTOCOL 4).
 */
import { fromB64u, toB64u } from '../../core/bytes.js'
import { parseLine } from '../../core/frame/sentence.js'
import {
  serialLogPerSecMax,
  serialMessageBytesMax,
  serialRarePerSecMax,
} from '../../core/limits.js'
import type { Verdict } from '../../core/verdict.js'
import type { EnrolAnswer, SignedKind } from '../../ports/intake.js'
import type { Presence } from '../../ports/link.js'
import type { BoardHost } from './boardHost.js'
import { Bucket } from './bucket.js'
import { Enrolment } from './enrolment.js'
import { type Hello, helloOf } from './hello.js'
import { InFlight } from './inFlight.js'
import { outLine } from './outLine.js'
import { shown } from './shown.js'

/** `probing`: no valid line yet. `silent`: none for `silenceMs`; probed too. */
export type BoardState = 'probing' | 'online' | 'silent'

/** Kinds that are answered by `$FPAK` or `$FPNK`, by line type. */
const answered: Record<string, SignedKind> = { RD: 'rd', RO: 'ro', RV: 'rv' }

export class Board {
  readonly #host: BoardHost
  readonly #inFlight = new InFlight()
  readonly #rare: Bucket
  readonly #log: Bucket
  readonly #enrolment: Enrolment
  #state: BoardState = 'probing'
  #heard = false
  #open = true
  #isUnkeyed = false
  #hello: Hello | undefined
  /** The device whose readings were accepted here; its signature outweighs what a hello says. */
  #proven: string | undefined
  #present: Presence | undefined
  #validAtMs: number
  #probedAtMs: number | undefined
  /** Lines of the board's log that came too fast to be shown. */
  #hidden = 0

  constructor(host: BoardHost) {
    this.#host = host
    this.#rare = new Bucket(host.clock, serialRarePerSecMax)
    this.#log = new Bucket(host.clock, serialLogPerSecMax)
    this.#enrolment = new Enrolment(host)
    this.#validAtMs = host.clock.monotonic()
  }

  get state(): BoardState {
    return this.#state
  }

  /** Who is on this port, as far as known. */
  get device(): string | undefined {
    return this.#proven ?? this.#hello?.device
  }

  /** Messages being judged. */
  get waiting(): number {
    return this.#inFlight.count
  }

  /** The board has no key and asks to be provisioned, which is not a gateway's to do. */
  get isUnkeyed(): boolean {
    return this.#isUnkeyed
  }

  /** True once a valid line has come. */
  get heard(): boolean {
    return this.#heard
  }

  /** Does what is due: probes, repeats. Called often, a few times per `probeMs`. */
  tick(): void {
    if (!this.#open) return
    const { clock, timing, note } = this.#host
    const now = clock.monotonic()
    const silentMs = now - this.#validAtMs
    if (this.#state !== 'silent' && silentMs >= timing.silenceMs) {
      this.#state = 'silent'
      note('warn', `no valid line for ${Math.round(silentMs / 1000)} s; asking who is there`)
    }
    if (silentMs >= timing.silenceMs + 3 * timing.probeMs) this.#absent()
    if (this.#state !== 'online') this.#probe()
    if (this.#hidden > 0 && this.#log.take()) {
      note('info', `${this.#hidden} more lines of the board's log not shown`)
      this.#hidden = 0
    }
    this.#enrolment.tick()
  }

  /** Takes one line, without its end. */
  line(text: string): void {
    if (!this.#open) return
    const line = parseLine(text)
    this.#show(line.kind === 'log' ? line.text : line.log)
    if (line.kind === 'bad') {
      this.#refuse(line.reason)
      if (line.ls !== undefined) this.#host.write(outLine('NK', `${line.ls}`, line.reason))
    } else if (line.kind === 'sentence') this.#sentence(line.type, line.fields)
  }

  /** Whether its hello named receipts. */
  get wantsReceipts(): boolean {
    return this.#open && (this.#hello?.caps.has('rc') ?? false)
  }

  /** Sends a downlink to the board if it can take it; says whether it was handed over. */
  send(kind: 'cm' | 'rc', bytes: Uint8Array): boolean {
    if (!this.#open || !this.#hello?.caps.has(kind === 'cm' ? 'cf' : 'rc')) return false
    if (bytes.length > serialMessageBytesMax) return false
    return this.#host.write(outLine(kind === 'cm' ? 'CF' : 'RC', toB64u(bytes)))
  }

  /**
   * The operator has changed the device's state. Serial has no line for it; a board that may speak
   * now is asked who it is, upon which it sends what it kept.
   */
  tell(answer: EnrolAnswer): void {
    if (!this.#open) return
    // That it waits is told, with what to do, where its proof is answered.
    if (answer.state !== 'pending')
      this.#host.note('info', `${this.device ?? 'the board'} is ${answer.state} now`)
    this.#enrolment.forget()
    if (answer.state === 'active') this.#ask()
  }

  /** The port is gone or closes: nothing is answered any more. */
  close(): void {
    this.#open = false
    this.#inFlight.forget()
    this.#enrolment.forget()
    this.#absent()
  }

  /** `parseLine` has found the fields of these types to be of their form. */
  #sentence(type: string, fields: readonly string[]): void {
    const kind = answered[type]
    this.#isUnkeyed = type === 'PQ'
    // Any other type is the gateway's own (a port that echoes) or a later version's: no sign of life.
    if (kind === undefined && type !== 'HI' && type !== 'TQ' && type !== 'EN') return
    this.#valid()
    if (kind !== undefined) this.#signed(kind, Number(fields[0]), fields[1]!)
    else if (!this.#rare.take()) this.#refuse('overloaded')
    else if (type === 'HI') this.#greeted(helloOf(fields))
    else if (type === 'TQ') this.#timeAsked(fromB64u(fields[0]!)!)
    else this.#enrolment.proof(fromB64u(fields[0]!)!)
    if (this.#hello === undefined) this.#probe()
  }

  #signed(kind: SignedKind, ls: number, text: string): void {
    const { intake, write } = this.#host
    const ticket = this.#inFlight.begin(ls, `${kind}${text}`)
    if (ticket === 'same') return
    if (ticket === 'full') {
      this.#refuse('overloaded')
      write(outLine('NK', `${ls}`, 'overloaded'))
      return
    }
    intake.submit({
      kind,
      bytes: fromB64u(text)!,
      transport: 'serial',
      done: (verdict, answer) => {
        if (this.#open && verdict === 'accepted' && answer.device) this.#prove(answer.device)
        if (this.#inFlight.end(ticket)) write(answerLine(ls, verdict))
      },
    })
  }

  #greeted(hello: Hello): void {
    const known = this.#hello
    this.#hello = hello
    if (known?.device !== hello.device || known.bootCount !== hello.bootCount) {
      if (known !== undefined) this.#restarted()
      const { device, model, firmware, bootCount } = hello
      this.#host.note('info', `${device}: ${model}, firmware ${firmware}, boot ${bootCount}`)
    }
    this.#appear(this.#proven ?? hello.device)
    if (hello.caps.has('en')) this.#enrolment.invite(hello.device)
  }

  /** Another board, or the same after a reset: it waits for nothing that was asked of it before. */
  #restarted(): void {
    this.#inFlight.forget()
    this.#enrolment.forget()
    this.#proven = undefined
  }

  #timeAsked(nonce: Uint8Array): void {
    // Without a hello nobody knows whom the answer is for; the board is asked who it is.
    if (this.device === undefined) return
    const answer = this.#host.intake.time(this.device, nonce)
    if (answer === undefined) this.#refuse('unknown-device')
    else this.#host.write(outLine('TM', toB64u(answer)))
  }

  /** The first message since the board started was accepted: under this device's key. */
  #prove(device: string): void {
    if (this.#proven !== undefined) return
    const said = this.#hello?.device
    if (said !== undefined && said !== device)
      this.#host.note('warn', `the board calls itself ${said} but signs as ${device}`)
    this.#proven = device
    this.#appear(device)
  }

  #valid(): void {
    this.#validAtMs = this.#host.clock.monotonic()
    this.#state = 'online'
    this.#heard = true
    const device = this.device
    if (device !== undefined && this.#present === undefined) this.#appear(device)
  }

  #appear(device: string): void {
    const { bootCount, firmware } = this.#hello ?? { bootCount: 0, firmware: undefined }
    const was = this.#present
    if (was?.device === device && was.bootCount === bootCount && was.firmware === firmware) return
    if (was !== undefined && was.device !== device) this.#absent()
    this.#present = { device, online: true, bootCount, firmware }
    this.#host.presence(this.#present)
  }

  #absent(): void {
    const was = this.#present
    this.#present = undefined
    if (was !== undefined) this.#host.presence({ ...was, online: false })
  }

  /** Asks who is there, at most every `probeMs`. */
  #probe(): void {
    const now = this.#host.clock.monotonic()
    if (this.#probedAtMs !== undefined && now - this.#probedAtMs < this.#host.timing.probeMs) return
    this.#ask()
  }

  #ask(): void {
    this.#probedAtMs = this.#host.clock.monotonic()
    this.#host.write(outLine('ID?'))
  }

  #show(text: string): void {
    const line = text === '' ? '' : shown(text)
    if (line === '') return
    if (this.#log.take()) this.#host.note('info', line)
    else this.#hidden++
  }

  #refuse(reason: string): void {
    this.#host.intake.refused('serial', reason)
  }
}

function answerLine(ls: number, verdict: Verdict): string {
  return verdict === 'accepted' ? outLine('AK', `${ls}`) : outLine('NK', `${ls}`, verdict)
}
