import { utf8 } from '../../core/bytes.js'
import type { Verdict } from '../../core/verdict.js'

/** The `dn/ak` payload of PROTOCOL 5; `seq` null where the message could not be read. */
export function acknowledgement(seq: number | null, verdict: Verdict): Uint8Array {
  return utf8(
    verdict === 'accepted'
      ? `{"seq":${seq},"verdict":"accepted"}`
      : `{"seq":${seq},"verdict":"rejected","reason":"${verdict}"}`,
  )
}
