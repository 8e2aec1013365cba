/** The one door for transports (ports/intake.ts): ingest for signed messages, access for the rest. */
import type { Intake, TransportKind } from '../ports/intake.js'
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

  function refused(transport: TransportKind, reason: string): void {
    tally.refuse(reason)
    events.refused(transport, undefined, reason)
  }

  return {
    submit: ingest.submit,
    async enrol(bytes, from) {
      const answer = await access.enrol(bytes, from)
      // Its reason is in the answer; it is counted as one kind, like a login.
      if (answer.state === 'refused') refused(from.transport, 'enrolment')
      return answer
    },
    knows: access.knows,
    time: access.time,
    login: access.login,
    refused,
  }
}
