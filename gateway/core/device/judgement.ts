/**
 * The verdict on a message whose form is right, in the order of PROTOCOL 2.2: who sent it, whether
 * the device may speak, whether it was here before, whether it is authentic, what it says, and when.
 */
import { ageSecMax, skewSecMax } from '../limits.js'
import type { Reason } from '../verdict.js'
import type { Registry } from './registry.js'
import { Window } from './window.js'

/** What a message says by itself, and under the key of its kid. */
export interface Claim {
  /** 16 hex digits. */
  kid: string
  seq: number
  /** 32 bytes. */
  leaf: Uint8Array
  /** False where the verifier had no key for the kid: the signature was then not tried. */
  known: boolean
  signature: boolean
  /** Why the payload is refused once the signature is good; `undefined` where it is in profile. */
  profile: { reason: Reason; detail: string } | undefined
  /** Smallest and largest bt + t, Unix seconds; NaN where out of profile. */
  timeMin: number
  timeMax: number
}

export type Judgement =
  /** New: the window has moved, and the caller must journal it. */
  | { outcome: 'accept'; device: string }
  /** The accepted message again: answered once more, counted once. */
  | { outcome: 'same'; device: string }
  /**
   * Below the window: only an index of everything accepted tells a repetition from a replay, which
   * is refused for `otherwise`.
   */
  | { outcome: 'look-up'; device: string; otherwise: Reason }
  /** The key was registered after the verifier looked: try once more. */
  | { outcome: 'again' }
  /** `authentic`: the signature is good, so the refusal may be counted against the device. */
  | { outcome: 'refuse'; device: string | undefined; reason: Reason; authentic: boolean }

/** Registry and windows: everything that admission depends on, a fold of the journal. */
export class Admission {
  readonly registry: Registry
  readonly windows = new Map<string, Window>()

  constructor(registry: Registry) {
    this.registry = registry
  }

  /** The window of a device; made where it is missing. */
  window(device: string): Window {
    let window = this.windows.get(device)
    if (!window) {
      window = new Window()
      this.windows.set(device, window)
    }
    return window
  }

  /** Highest accepted sequence of a device; -1 where none was accepted. */
  highest(device: string): number {
    return this.windows.get(device)?.highest ?? -1
  }

  /**
   * Judges a message; an accepted one moves the window at once, so that look-up and admission are
   * one step. `claimed`: the device that the topic names. `nowSec`: Unix seconds.
   */
  judge(claim: Claim, claimed: string | undefined, nowSec: number): Judgement {
    const found = this.registry.keyFor(claim.kid, claim.seq)
    if (!found || (claimed !== undefined && claimed !== found.device)) {
      return refused(undefined, 'unknown-device')
    }
    const { device, state, problem } = found
    if (state === 'revoked' || state === 'suspended') return refused(device, state)
    const window = this.window(device)
    const place = window.judge(claim.seq, claim.leaf)
    if (place === 'same') return { outcome: 'same', device }
    if (place === 'below') {
      // That the key was taken away weighs more than that the sequence is old; that it came later
      // is a matter of the signature and weighs less.
      const otherwise = problem === 'revoked' ? 'revoked' : 'replayed'
      return { outcome: 'look-up', device, otherwise }
    }
    if (problem) return refused(device, problem)
    if (!claim.known) return { outcome: 'again' }
    if (!claim.signature) return refused(device, 'bad-signature')
    if (place === 'equivocation') return refused(device, 'equivocation', true)
    if (claim.profile) return refused(device, claim.profile.reason, true)
    const isTimely = claim.timeMin >= nowSec - ageSecMax && claim.timeMax <= nowSec + skewSecMax
    if (!isTimely) return refused(device, 'bad-time', true)
    window.accept(claim.seq, claim.leaf)
    return { outcome: 'accept', device }
  }
}

function refused(device: string | undefined, reason: Reason, authentic = false): Judgement {
  return { outcome: 'refuse', device, reason, authentic }
}
