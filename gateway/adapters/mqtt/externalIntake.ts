/** What comes from a broker that somebody else runs: each message to whom it is for, and its answer back. */
import type { IPublishPacket } from 'mqtt'
import { utf8 } from '../../core/bytes.js'
import { messageOf } from '../../core/failure.js'
import { belowRoot, type Topic } from '../../core/topic.js'
import type { EnrolAnswer, Intake } from '../../ports/intake.js'
import type { Presence } from '../../ports/link.js'
import type { Market } from '../../ports/market.js'
import { acknowledgement } from './answer.js'
import { PresenceTable } from './presence.js'

/** A message to the broker; the topic is below the root. */
export interface Message {
  topic: string
  payload: Uint8Array
  retain: boolean
  /** MQTT 5: tells a requester which answer this is. */
  correlationData?: Buffer | undefined
}

export interface IntakeParts {
  network: string
  intake: Intake
  /** Answers buyers; without one no request is read. */
  market?: Market
  presence?: (presence: Presence) => void
}

/** How answers go back. */
export interface Replies {
  /** To a device, which asks again where it is lost. */
  say(topic: string, payload: Uint8Array): void
  /** To a buyer: resolves once the broker has taken it, false where it is away. */
  hand(message: Message): Promise<boolean>
  tell(device: string, answer: EnrolAnswer): void
  /** What was not judged, and so is not acknowledged: the broker sends it again. */
  fault(text: string): void
}

export class ExternalIntake {
  readonly #parts: IntakeParts
  readonly #replies: Replies
  readonly #presence: PresenceTable

  constructor(parts: IntakeParts, replies: Replies) {
    this.#parts = parts
    this.#replies = replies
    this.#presence = new PresenceTable((change) => parts.presence?.(change))
  }

  /** Takes one message; `finish` is called once it may be acknowledged. */
  take(topic: Topic, packet: IPublishPacket, finish: () => void): void {
    // A client's buffer may be part of a socket chunk: what waits for judgement gets its own.
    const payload = Buffer.from(packet.payload as Buffer)
    if (topic.kind === 'request') this.#request(topic.buyer, payload, packet, finish)
    else if (topic.kind === 'enrol' && topic.what === 'req')
      this.#enrol(topic.device, payload, finish)
    else if (topic.kind === 'up' && topic.what !== 'tq') {
      const { device, what } = topic
      this.#parts.intake.submit({
        kind: what,
        bytes: payload,
        transport: 'mqtt',
        claimed: device,
        done: (verdict, answer) => {
          this.#replies.say(`d/${device}/dn/ak`, acknowledgement(answer.seq, verdict))
          finish()
        },
      })
    } else {
      this.#takeAtOnce(topic, payload)
      finish()
    }
  }

  /** What has its answer at once. */
  #takeAtOnce(topic: Topic, payload: Buffer): void {
    const { intake } = this.#parts
    if (topic.kind === 'up') {
      const answer = intake.time(topic.device, payload)
      if (answer !== undefined) this.#replies.say(`d/${topic.device}/dn/tm`, answer)
    } else if (topic.kind === 'status' && !this.#presence.said(topic.device, payload)) {
      intake.refused('mqtt', 'presence')
    }
  }

  /** The broker has authenticated the buyer: only it may publish there (schemas/mqtt.md). */
  #request(buyer: string, payload: Buffer, packet: IPublishPacket, finish: () => void): void {
    const { market, network } = this.#parts
    if (market === undefined) {
      finish()
      return
    }
    const { responseTopic: whole, correlationData } = packet.properties ?? {}
    // Elsewhere is no topic below the root, so it equals none.
    const responseTopic = whole === undefined ? undefined : (belowRoot(network, whole) ?? '')
    const send = (id: string, answer: string): Promise<boolean> => {
      const message = { topic: `b/${buyer}/res/${id}`, payload: utf8(answer), retain: false }
      return this.#replies.hand({ ...message, correlationData })
    }
    market
      .request(buyer, payload, { send }, { responseTopic, isRetained: packet.retain })
      .then(finish, (error: unknown) =>
        this.#replies.fault(`a request of ${buyer}: ${messageOf(error)}`),
      )
  }

  #enrol(device: string, payload: Buffer, finish: () => void): void {
    this.#parts.intake.enrol(payload, { transport: 'mqtt', claimed: device }).then(
      (answer) => {
        this.#replies.tell(device, answer)
        finish()
      },
      (error) => this.#replies.fault(`enrolment of ${device}: ${messageOf(error)}`),
    )
  }
}
