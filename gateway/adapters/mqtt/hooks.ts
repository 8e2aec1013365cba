import type { AedesOptions, Client } from 'aedes'
import { mqttBacklogBytesMax, mqttKeepAliveSecMax } from '../../core/limits.js'
import { isBuyerName, isClientOf } from '../../core/market/buyer.js'
import { belowRoot, isGuestId, mayPublish } from '../../core/topic.js'
import type { Principal } from '../../ports/intake.js'
import type { Connection, Will } from './connection.js'
import { Session, type SessionContext } from './session.js'

/** Return codes of CONNACK, MQTT 3.1.1 table 3.1. */
const identifierRejected = 2
const serverUnavailable = 3
const notAuthorized = 5
type Refusal = typeof identifierRejected | typeof serverUnavailable | typeof notAuthorized

export interface HookContext extends SessionContext {
  /** A login succeeded; CONNACK follows. */
  admit(connection: Connection, session: Session): void
}

/** What aedes asks before it does something: login, subscriptions, and the ACL once more. */
export function hooksOf(context: HookContext): AedesOptions {
  const { intake } = context
  return {
    preConnect: (client, packet, done) => {
      const connection = connectionOf(client)
      connection.keepAliveSec = packet.keepalive || mqttKeepAliveSecMax
      const { will } = packet
      if (will !== undefined)
        connection.will = {
          topic: will.topic,
          payload: Buffer.from(will.payload),
          qos: will.qos ?? 0,
          retain: will.retain ?? false,
        }
      delete packet.will
      packet.clean = true
      // Silence is watched in Connection.sweep, without a timer per packet.
      packet.keepalive = 0
      done(null, true)
    },
    authenticate: (client, name, password, done) => {
      login(context, client, name, password).then(
        (refused) => done(refused === undefined ? null : failure(refused), refused === undefined),
        () => done(failure(serverUnavailable), null),
      )
    },
    // Publications of clients never come this far.
    authorizePublish: (_client, _packet, done) => done(new Error('not authorized')),
    authorizeSubscribe: (client, subscription, done) => {
      const { session } = connectionOf(client)
      const granted = session?.grants(subscription.topic, subscription.qos) ?? false
      if (!granted) intake.refused('mqtt', 'filter', session?.principal.name)
      done(null, granted ? subscription : null)
    },
    authorizeForward: (client, packet) => {
      const connection = connectionOf(client)
      if (connection.backlogBytes > mqttBacklogBytesMax) connection.cut('drain')
      return connection.session?.reads(packet.topic) ? packet : null
    },
  }
}

/** aedes keeps the stream it was given; ours is always a Connection. */
export function connectionOf(client: Client): Connection {
  return client.conn as unknown as Connection
}

async function login(
  context: HookContext,
  client: Client,
  name: string | undefined,
  password: Buffer | undefined,
): Promise<Refusal | undefined> {
  const { intake, network } = context
  const connection = connectionOf(client)
  const guest = guestOf(context, client.id, name, password)
  if (name === undefined || (guest === undefined && !isClientOf(name, client.id))) {
    intake.refused('mqtt', 'client-id')
    return identifierRejected
  }
  const principal = guest ?? (await intake.login(name, password ?? Buffer.alloc(0)))
  if (connection.destroyed) return notAuthorized
  if ('detail' in principal) {
    intake.refused('mqtt', 'login')
    return notAuthorized
  }
  const { will } = connection
  if (will !== undefined && !mayLeave(principal, will, network)) {
    intake.refused('mqtt', 'will', name)
    return notAuthorized
  }
  const session = new Session(principal, connection, context, client.id)
  if (principal.role === 'device') session.will = will?.payload
  context.admit(connection, session)
  return undefined
}

/**
 * Who has a client id of a guest, a buyer's name and no password: let in to sign, whoever it is. Its
 * client id is of a form that no other session has, so that it displaces none.
 */
function guestOf(
  { wallets }: HookContext,
  clientId: string,
  name: string | undefined,
  password: Buffer | undefined,
): Principal | undefined {
  if (wallets === undefined || name === undefined || (password?.length ?? 0) > 0) return undefined
  if (!isGuestId(clientId) || !isBuyerName(name)) return undefined
  return { role: 'guest', name: clientId, buyer: name }
}

/** A Will is judged as a publication (PROTOCOL 5). A candidate's own `st` is allowed, and dropped. */
function mayLeave(principal: Principal, will: Will, network: string): boolean {
  const topic = belowRoot(network, will.topic)
  if (topic !== `d/${principal.name}/st` || will.qos > 1) return false
  return principal.role === 'candidate' || mayPublish(principal, topic, will.retain)
}

function failure(returnCode: Refusal): Error & { returnCode: Refusal } {
  return Object.assign(new Error('not authorized'), { returnCode })
}
