import { randomBytes } from 'node:crypto'
import { openSerialLink, type SerialLink } from '../../../gateway/adapters/serial/link.js'
import type { SerialTiming } from '../../../gateway/adapters/serial/timing.js'
import type { Clock } from '../../../gateway/ports/clock.js'
import type { LinkEvent, Presence } from '../../../gateway/ports/link.js'
import { RecordingIntake } from './recordingIntake.js'

export const network = 'testnet'
export const gatewayKey = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
/** PROTOCOL 2.1's device, and two more names of the right form. */
export const deviceIds = ['jcdo566wowgms', 'abcdefghijklm', 'nopqrstuvwxya'] as const

export const realClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** PROTOCOL 4's durations, shortened so that a test need not wait a minute. */
export const quick: SerialTiming = {
  probeMs: 200,
  silenceMs: 60_000,
  reopenMsMin: 20,
  reopenMsMax: 100,
  scanMs: 50,
  healthMs: 50,
  enrolMs: 300,
  unkeyedMs: 200,
  closeMs: 500,
}

export interface LinkUnderTest {
  link: SerialLink
  intake: RecordingIntake
  events: LinkEvent[]
  presences: Presence[]
  /** True where an event's text holds this. */
  said(text: string): boolean
}

export interface LinkSettings {
  timing?: Partial<SerialTiming>
  find?: () => Promise<string[]>
}

/** A started link over the given ports with an intake that accepts everything. */
export async function startLink(
  ports: 'auto' | string[],
  { timing, find }: LinkSettings = {},
): Promise<LinkUnderTest> {
  const intake = new RecordingIntake()
  const events: LinkEvent[] = []
  const presences: Presence[] = []
  const link = openSerialLink({
    ports,
    network,
    gatewayKey,
    intake,
    clock: realClock,
    randomBytes: (length) => randomBytes(length),
    event: (event) => events.push(event),
    presence: (presence) => presences.push(presence),
    timing: { ...quick, ...timing },
    ...(find === undefined ? {} : { find }),
  })
  await link.start()
  const said = (text: string) => events.some((event) => event.text.includes(text))
  return { link, intake, events, presences, said }
}
