/**
 * Candidates that wait for the operator (PROTOCOL 2.3): at most 100, each for 24 h.
 *
 * When the list is full a new candidate is refused and nobody is displaced: making keys costs an
 * attacker nothing, so any rule that evicts lets a flood push honest devices out just before the
 * operator looks. A flood can keep new ones out while it lasts; those who wait stay, and the
 * operator can reject what does not belong or close enrolment.
 */
import { concat, equal, toHex } from '../bytes.js'
import { pendingHoursMax, pendingMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Enrolment, parseEnrolment, verifyEnrolment } from './enrolment.js'
import { deviceIdOfKid } from './key.js'
import type { VerifySignature } from './message.js'

const lifetimeMs = pendingHoursMax * 3_600_000
const timeBytes = 8

export interface Candidate {
  /** The id that the device gets when it is approved. */
  readonly device: string
  readonly enrolment: Enrolment
  /** The COSE bytes of the proof. */
  readonly bytes: Uint8Array
  /** When the first proof with these bytes came, ms since 1970. */
  readonly atMs: number
}

export class PendingList {
  /** By kid in hex, oldest first. */
  private readonly candidates = new Map<string, Candidate>()

  get size(): number {
    return this.candidates.size
  }

  /**
   * Takes a verified proof whose kid was never enrolled (`Registry.judgeEnrolment`). A newer proof
   * of the same key replaces the older; the same bytes again change nothing, so that a replay does
   * not keep a candidate alive.
   */
  offer(enrolment: Enrolment, bytes: Uint8Array, nowMs: number): Result<Candidate> {
    this.expire(nowMs)
    const kid = toHex(enrolment.kid)
    const older = this.candidates.get(kid)
    if (older !== undefined && !equal(older.enrolment.key, enrolment.key))
      return refuse('bad-signature', 'another key waits under this kid')
    if (older !== undefined && equal(older.bytes, bytes)) return accept(older)
    if (older === undefined && this.candidates.size >= pendingMax)
      return refuse('overloaded', `${pendingMax} devices wait already`)
    const candidate = copyOf(enrolment, bytes, nowMs)
    this.candidates.delete(kid)
    this.candidates.set(kid, candidate)
    return accept(candidate)
  }

  /** The candidate who would get this device id. */
  get(device: string): Candidate | undefined {
    return this.list().find((candidate) => candidate.device === device)
  }

  /** All who wait, oldest first. */
  list(): Candidate[] {
    return [...this.candidates.values()]
  }

  /** Takes a candidate off the list: approved, or rejected by the operator. */
  remove(device: string): boolean {
    const candidate = this.get(device)
    return candidate !== undefined && this.candidates.delete(toHex(candidate.enrolment.kid))
  }

  /** Drops who has waited for 24 h; returns their device ids. */
  expire(nowMs: number): string[] {
    const dropped = this.list().filter((candidate) => nowMs - candidate.atMs >= lifetimeMs)
    for (const candidate of dropped) this.candidates.delete(toHex(candidate.enrolment.kid))
    return dropped.map((candidate) => candidate.device)
  }

  /** One record per candidate, for the pending store: 8 bytes of time (ms, big-endian), proof. */
  save(): Uint8Array[] {
    return this.list().map(({ atMs, bytes }) => {
      const time = new Uint8Array(timeBytes)
      new DataView(time.buffer).setBigUint64(0, BigInt(atMs))
      return concat(time, bytes)
    })
  }

  /**
   * Takes saved records back, each verified again. What is no valid proof is left out, and what
   * `mayWait` refuses: a candidate that was approved just before a crash is still in the records.
   */
  restore(
    records: readonly Uint8Array[],
    network: string,
    verify: VerifySignature,
    nowMs: number,
    mayWait: (enrolment: Enrolment) => boolean,
  ): void {
    for (const record of records) {
      if (record.length <= timeBytes) continue
      const view = new DataView(record.buffer, record.byteOffset, timeBytes)
      const atMs = Math.min(Number(view.getBigUint64(0)), nowMs)
      const bytes = record.subarray(timeBytes)
      const enrolment = parseEnrolment(bytes)
      if (!enrolment.ok || !mayWait(enrolment.value)) continue
      if (!verifyEnrolment(enrolment.value, network, verify).ok) continue
      this.offer(enrolment.value, bytes, atMs)
    }
    this.expire(nowMs)
  }
}

/** The proof is parsed again from a copy: the caller's bytes may be part of a larger buffer. */
function copyOf(enrolment: Enrolment, bytes: Uint8Array, atMs: number): Candidate {
  const copy = bytes.slice()
  const parsed = parseEnrolment(copy)
  return {
    device: deviceIdOfKid(enrolment.kid),
    enrolment: parsed.ok ? parsed.value : enrolment,
    bytes: copy,
    atMs,
  }
}
