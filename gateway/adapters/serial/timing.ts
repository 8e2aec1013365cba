import {
  serialCloseMs,
  serialEnrolMs,
  serialHealthMs,
  serialProbeMs,
  serialReopenMsMax,
  serialReopenMsMin,
  serialScanMs,
  serialSilenceMs,
  serialUnkeyedMs,
} from '../../core/limits.js'

/** Every duration of a serial link, milliseconds; passed in so that a test need not wait a minute. */
export interface SerialTiming {
  /** `$FPID?` until a valid line comes. */
  probeMs: number
  /** Silence after which a board is probed again. */
  silenceMs: number
  /** First wait before a lost port is tried again; doubles up to `reopenMsMax`. */
  reopenMsMin: number
  reopenMsMax: number
  /** Time between two looks for new ports. */
  scanMs: number
  /** Time between two checks that an open port is still there. */
  healthMs: number
  /** Time that a board has to answer `$FPEQ`. */
  enrolMs: number
  /** Time for which a port is left alone whose board has no key. */
  unkeyedMs: number
  /** Wait for answers that are still due when a port is closed. */
  closeMs: number
}

/** PROTOCOL 4's durations. */
export const protocolTiming: SerialTiming = {
  probeMs: serialProbeMs,
  silenceMs: serialSilenceMs,
  reopenMsMin: serialReopenMsMin,
  reopenMsMax: serialReopenMsMax,
  scanMs: serialScanMs,
  healthMs: serialHealthMs,
  enrolMs: serialEnrolMs,
  unkeyedMs: serialUnkeyedMs,
  closeMs: serialCloseMs,
}
