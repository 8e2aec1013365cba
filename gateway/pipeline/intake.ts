/** The one door for transports (ports/intake.ts): ingest for signed messages, access for the rest. */
import type { Intake } from '../ports/intake.js'
import type { Access } from './access.js'
import type { Events } from './events.js'
import type { Ingest } from './ingest.js'
import type { Tally } from './tally.js'

export function createIntake(parts: {
  ingest: Ingest
  access: Access
  tally: Tally
  events: Events
}): Intake {
  const { ingest, access, tally, events } = parts
  return {
    submit: ingest.submit,
    enrol: access.enrol,
    knows: access.knows,
    time: access.time,
    login: access.login,
    refused(transport, reason) {
      tally.refuse(reason)
      events.refused(transport, undefined, reason)
    },
  }
}
