import type { Verdict } from '../core/verdict.js'

/** Where a message came in; for counters and people. */
export type TransportKind = 'mqtt' | 'serial'

/** Kinds a device sends that are judged like a reading. */
export type SignedKind = 'rd' | 'ro' | 'rv'

export interface Inbound {
  kind: SignedKind
  bytes: Uint8Array
  transport: TransportKind
  /** The device that the topic names (MQTT); absent on serial. */
  claimed?: string
  /**
   * Called once, when the verdict is final: for `accepted` after the message is durable. `seq` is
   * null where the message could not be read. Never throws.
   */
  done(verdict: Verdict, answer: Answer): void
}

export interface Answer {
  device: string | undefined
  seq: number | null
  /** Leaf hash, where the message was accepted. */
  leaf: Uint8Array | undefined
}

/** The answer to an enrolment, and to each later change of state (PROTOCOL 2.3). */
export interface EnrolAnswer {
  v: 1
  state: 'pending' | 'active' | 'suspended' | 'revoked' | 'refused'
  reason?: string
  gateway: { id: string; key: string }
}

/** Who a connection is after login. The role is fixed for the session. */
export type Principal =
  | { role: 'device'; name: string }
  | { role: 'candidate'; name: string }
  | { role: 'buyer'; name: string }
  /** Named by its client id, until its wallet has signed. */
  | { role: 'guest'; name: string; buyer: string }

export interface LoginRefusal {
  /** One line for the log; what the client is told is only "not authorized". */
  detail: string
}

/**
 * What transports call. Nothing here throws on input: bad input has an answer.
 */
export interface Intake {
  /** Takes one signed message for judgement; answers through `done`. Never blocks. */
  submit(message: Inbound): void
  /** Takes an enrolment proof. `nonce` is what the gateway sent on serial, absent over MQTT. */
  enrol(
    bytes: Uint8Array,
    from: { transport: TransportKind; claimed?: string; nonce?: Uint8Array },
  ): Promise<EnrolAnswer>
  /** State of a device by its id; `undefined` where it is neither registered nor waiting. In memory. */
  knows(device: string): 'active' | 'pending' | 'suspended' | 'revoked' | undefined
  /** Answers a time query with COSE `tm`; `undefined` where the device is unknown or the nonce is not 4 bytes. */
  time(device: string, nonce: Uint8Array): Uint8Array | undefined
  /** MQTT login (PROTOCOL 5): user name and password as sent. */
  login(name: string, password: Uint8Array): Promise<Principal | LoginRefusal>
  /** Counts a refusal that never became a message (`frame`, `crc`, oversize packet, ...). */
  refused(transport: TransportKind, reason: string, device?: string): void
}
