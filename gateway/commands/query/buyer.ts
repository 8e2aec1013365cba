/**
 * A buyer's side of PROTOCOL 8 over MQTT 3.1.1: a request with an id, its answer, and the same request
 * again with the same id where none came. An id that was answered costs nothing a second time.
 */
import { connectMqtt, type MqttSession } from '../../../simulator/mqttSession.js'
import { Failure } from '../../core/failure.js'
import { queryAnswerMsMax, queryBackoffMsMin, queryTriesMax } from '../../core/limits.js'
import { rootOf } from '../../core/topic.js'
import { type AnswerJson, failureOfProblem, problemType, readMessage } from './answers.js'

export interface BuyerLogin {
  readonly url: string
  readonly network: string
  readonly name: string
  readonly token: string
  /** Behind the name in the client id, so that commands do not displace each other or a program. */
  readonly suffix?: string
}

export type BuyerRequest = { readonly op: string } & { readonly [member: string]: unknown }

export interface BuyerClient {
  /** The answer to a request. Rejects with the Failure that its problem is. */
  ask(id: string, request: BuyerRequest): Promise<AnswerJson>
  /** Every message on that id, until `take` says that it was the last. */
  stream(id: string, request: BuyerRequest, take: (part: AnswerJson) => boolean): Promise<void>
  /** Hears topics below the root; resolves once they are granted. Rejects where one is refused. */
  hear(topics: readonly string[], take: (topic: string, payload: Uint8Array) => void): Promise<void>
  /** Resolves when the connection is gone. */
  lost(): Promise<void>
  close(): void
}

export interface BuyerOptions {
  /** Told of waits and of connections that are made again. */
  note?: (text: string) => void
  /** Silence after which a request is sent again, ms; for tests. */
  answerMsMax?: number
}

/** Something came on an id, the silence was too long, or the connection went. */
type Event = { readonly payload: Uint8Array } | 'silence' | 'lost'

/** Logs in. Rejects with Failure('permission') where that is refused, 'unavailable' where nobody answers. */
export async function openBuyer(
  login: BuyerLogin,
  options: BuyerOptions = {},
): Promise<BuyerClient> {
  const { note = () => undefined, answerMsMax = queryAnswerMsMax } = options
  const root = rootOf(login.network)
  const results = `${root}b/${login.name}/res/`
  const inboxes = new Map<string, (event: Event) => void>()
  let hearing: (topic: string, payload: Uint8Array) => void = () => undefined
  let session = await connect()

  async function connect(): Promise<MqttSession> {
    const made = await sessionOf(login)
    made.onMessage((topic, payload) => {
      if (!topic.startsWith(results)) return hearing(topic.slice(root.length), payload)
      const inbox = inboxes.get(topic.slice(results.length))
      // Rows of a subscription come here too, where the broker is an external one.
      if (inbox === undefined) hearing(topic.slice(root.length), payload)
      else inbox({ payload })
    })
    void made.closed.then(() => {
      for (const inbox of inboxes.values()) inbox('lost')
    })
    const granted = await made.subscribe([`${results}+`])
    if (granted.length > 0) return made
    made.end()
    throw new Failure('unavailable', `the gateway does not let ${login.name} read its answers`)
  }

  /** Whether there is a connection again; a gateway that is away is tried again by the caller. */
  async function connectAgain(tries: number): Promise<boolean> {
    const waitMs = queryBackoffMsMin * 2 ** tries
    note(`the connection was lost; trying again in ${waitMs / 1_000} s`)
    await pause(waitMs)
    try {
      session = await connect()
      return true
    } catch (error) {
      if (error instanceof Failure && error.code === 'unavailable') return false
      throw error
    }
  }

  /** Sends a request until its messages are complete. */
  async function stream(
    id: string,
    request: BuyerRequest,
    take: (part: AnswerJson) => boolean,
  ): Promise<void> {
    const payload = JSON.stringify({ v: 1, id, ...request })
    for (let tries = 0; tries < queryTriesMax; tries += 1) {
      if (!session.open && !(await connectAgain(tries))) continue
      const outcome = await exchange(id, payload, take)
      if (outcome === 'done') return
      if (typeof outcome === 'number') {
        note(`too many requests; waiting ${outcome} s`)
        await pause(1_000 * outcome)
      }
    }
    throw new Failure(
      'unavailable',
      `no answer from ${login.url} after ${queryTriesMax} tries: run the command again later`,
    )
  }

  /** One sending: done, to be sent again, or seconds to wait before that. */
  async function exchange(
    id: string,
    payload: string,
    take: (part: AnswerJson) => boolean,
  ): Promise<'done' | 'again' | number> {
    const inbox = openInbox(answerMsMax)
    inboxes.set(id, inbox.put)
    inboxes.set('!', inbox.put)
    try {
      session.publish(`${root}b/${login.name}/req`, payload, false, (acknowledged) => {
        if (!acknowledged) inbox.put('lost')
      })
      for (;;) {
        const event = await inbox.next()
        if (event === 'silence' || event === 'lost') return 'again'
        const message = readMessage(event.payload)
        if (message === undefined) throw new Failure('check', 'the gateway sent what is no answer')
        if ('problem' in message) {
          const { problem } = message
          if (problemType(problem) === 'rate-limited') return Math.max(problem.retryAfter ?? 1, 0.1)
          throw failureOfProblem(problem)
        }
        if (take(message.answer)) return 'done'
      }
    } finally {
      inboxes.delete(id)
      inboxes.delete('!')
    }
  }

  return {
    stream,
    async ask(id, request) {
      let answer: AnswerJson | undefined
      await stream(id, request, (part) => {
        answer = part
        return true
      })
      return answer!
    },
    async hear(topics, take) {
      hearing = take
      const filters = topics.map((topic) => (topic.startsWith(root) ? topic : root + topic))
      const asked = filters.filter((filter) => !filter.startsWith(results))
      const granted = asked.length === 0 ? [] : await session.subscribe(asked)
      const refused = asked.find((filter) => !granted.includes(filter))
      if (refused !== undefined)
        throw new Failure('permission', `the gateway refuses the subscription to ${refused}`)
    },
    lost: () => session.closed,
    close() {
      session.end()
    },
  }
}

async function sessionOf({ url, name, token, suffix }: BuyerLogin): Promise<MqttSession> {
  const outcome = await connectMqtt({
    url,
    name,
    ...(suffix !== undefined && { clientId: `${name}/${suffix}` }),
    password: token,
    will: undefined,
    timeoutMs: queryAnswerMsMax,
  })
  if ('session' in outcome) return outcome.session
  if (outcome.failed === 'refused')
    throw new Failure(
      'permission',
      `the gateway at ${url} does not take this token for ${name}: ask its operator for one`,
    )
  throw new Failure('unavailable', `cannot reach ${url}: ${outcome.detail}`)
}

/** Events in their order; `silence` where none came for so long. */
function openInbox(msMax: number): { put(event: Event): void; next(): Promise<Event> } {
  const waiting: Event[] = []
  let wake: ((event: Event) => void) | undefined
  return {
    put(event) {
      if (wake === undefined) waiting.push(event)
      else wake(event)
      wake = undefined
    },
    next() {
      const first = waiting.shift()
      if (first !== undefined) return Promise.resolve(first)
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          wake = undefined
          resolve('silence')
        }, msMax)
        wake = (event) => {
          clearTimeout(timer)
          resolve(event)
        }
      })
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
