import type { Clock } from '../../ports/clock.js'
import type { Intake } from '../../ports/intake.js'
import type { LinkEvent, Presence } from '../../ports/link.js'
import type { SerialTiming } from './timing.js'

/** What a board's session needs of its surroundings. */
export interface BoardHost {
  clock: Clock
  intake: Intake
  timing: SerialTiming
  network: string
  /** The gateway's Ed25519 key, 32 bytes. */
  gatewayKey: Uint8Array
  randomBytes(length: number): Uint8Array
  /** Hands a line, CRLF included, to the port; false where it has no room or is gone. */
  write(line: string): boolean
  note(level: LinkEvent['level'], text: string): void
  presence(presence: Presence): void
}
