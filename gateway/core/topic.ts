/**
 * MQTT topics of PROTOCOL 5, and who may write and read them. Default deny.
 *
 * Every function but `belowRoot` takes topics and filters *below* the root `fp1/<network>/`. A topic
 * or filter that is not there has no meaning here, so a caller that forgets to strip the root is
 * refused, not served.
 */

/** Who a connection is after login. `gateway` is this program at an external broker. */
export type Principal =
  | { role: 'device'; name: string }
  | { role: 'candidate'; name: string }
  | { role: 'buyer'; name: string }
  /** Who says to be a buyer and has no token: its name is its client id. */
  | { role: 'guest'; name: string; buyer: string }
  | { role: 'gateway'; name: string }

/** What a topic below the root is about. */
export type Topic =
  | { kind: 'up'; device: string; what: Uplink }
  | { kind: 'status'; device: string }
  | { kind: 'down'; device: string; what: Downlink }
  | { kind: 'enrol'; device: string; what: 'req' | 'res' }
  | { kind: 'gateway'; gateway: string }
  | { kind: 'public'; path: string }
  | { kind: 'live'; metric: string; cell: string; stepSec: number }
  | { kind: 'request'; buyer: string }
  | { kind: 'response'; buyer: string; id: string }
  | { kind: 'auth'; client: string; what: 'challenge' | 'signature' }

export type Uplink = 'rd' | 'ro' | 'rv' | 'tq'
export type Downlink = 'ak' | 'tm' | 'cm' | 'rc'

/** The grant that stands for every metric. */
export const allMetrics = 'all'

const uplinks: readonly string[] = ['rd', 'ro', 'rv', 'tq'] satisfies Uplink[]
const downlinks: readonly string[] = ['ak', 'tm', 'cm', 'rc'] satisfies Downlink[]
const identity = /^[a-z2-7]{13}$/
const buyerName = /^[a-z0-9-]{1,32}$/
const guestId = /^~[a-z0-9-]{8,32}$/
const responseId = /^(?:[A-Za-z0-9_-]{1,32}|!)$/
const publicPath = /^(?:catalog|asyncapi|checkpoint|epoch(?:\/[1-9][0-9]{0,14})?)$/
const step = /^[1-9][0-9]{0,5}$/
const topicBytesMax = 65_535

/** The root of every topic of a network, with its last slash. */
export function rootOf(network: string): string {
  return `fp1/${network}/`
}

/**
 * What stands below the root. `undefined` where the topic or filter is elsewhere: also for a filter
 * with a wildcard in the root, `$SYS/...` and `$share/...`.
 */
export function belowRoot(network: string, topic: string): string | undefined {
  const root = rootOf(network)
  return topic.startsWith(root) && topic.length > root.length ? topic.slice(root.length) : undefined
}

/** What a topic below the root is; `undefined` where the protocol has no such topic. */
export function parseTopic(topic: string): Topic | undefined {
  const levels = topic.split('/')
  switch (levels[0]) {
    case 'd':
      return parseDeviceTopic(levels)
    case 'enrol':
      return parseEnrolTopic(levels)
    case 'gw':
      return levels.length === 3 && levels[2] === 'st' && identity.test(levels[1]!)
        ? { kind: 'gateway', gateway: levels[1]! }
        : undefined
    case 'pub':
      return parsePublicTopic(topic.slice('pub/'.length))
    case 'live':
      return parseLiveTopic(levels)
    case 'b':
      return parseBuyerTopic(levels)
    case 'auth':
      return parseAuthTopic(levels)
    default:
      return undefined
  }
}

function parseDeviceTopic(levels: readonly string[]): Topic | undefined {
  const [, device, box, what] = levels
  if (device === undefined || !identity.test(device)) return undefined
  if (levels.length === 3 && box === 'st') return { kind: 'status', device }
  if (levels.length !== 4 || what === undefined) return undefined
  if (box === 'up' && uplinks.includes(what)) return { kind: 'up', device, what: what as Uplink }
  if (box === 'dn' && downlinks.includes(what))
    return { kind: 'down', device, what: what as Downlink }
  return undefined
}

function parseEnrolTopic(levels: readonly string[]): Topic | undefined {
  const [, device, what] = levels
  if (levels.length !== 3 || !identity.test(device!)) return undefined
  return what === 'req' || what === 'res' ? { kind: 'enrol', device: device!, what } : undefined
}

function parsePublicTopic(path: string): Topic | undefined {
  return publicPath.test(path) ? { kind: 'public', path } : undefined
}

function parseLiveTopic(levels: readonly string[]): Topic | undefined {
  const [, metric, cell, seconds] = levels
  if (levels.length !== 4 || !/^[a-z0-9_]{1,32}$/.test(metric!)) return undefined
  if (!/^[0-9a-f]{15}$/.test(cell!) || !step.test(seconds!)) return undefined
  return { kind: 'live', metric: metric!, cell: cell!, stepSec: Number(seconds) }
}

function parseBuyerTopic(levels: readonly string[]): Topic | undefined {
  const [, buyer, box, id] = levels
  if (buyer === undefined || !buyerName.test(buyer)) return undefined
  if (levels.length === 3 && box === 'req') return { kind: 'request', buyer }
  if (levels.length === 4 && box === 'res' && responseId.test(id!))
    return { kind: 'response', buyer, id: id! }
  return undefined
}

/** `auth/<client id>` and `auth/<client id>/sig`: login by wallet. */
function parseAuthTopic(levels: readonly string[]): Topic | undefined {
  const [, client, box] = levels
  if (client === undefined || !isGuestId(client)) return undefined
  if (levels.length === 2) return { kind: 'auth', client, what: 'challenge' }
  return levels.length === 3 && box === 'sig'
    ? { kind: 'auth', client, what: 'signature' }
    : undefined
}

/** Whether a client id is that of a guest: `~` and 8 to 32 of a-z, 0-9 and `-`. No buyer's begins so. */
export function isGuestId(clientId: string): boolean {
  return guestId.test(clientId)
}

/**
 * Whether a principal may publish there; a Will is judged the same way at CONNECT. A device retains
 * its `st` and nothing else: a retained reading would be served to whoever subscribes later.
 */
export function mayPublish(principal: Principal, topic: string, retain: boolean): boolean {
  const parsed = parseTopic(topic)
  if (parsed === undefined) return false
  switch (principal.role) {
    case 'device':
      if (parsed.kind === 'status') return parsed.device === principal.name
      return parsed.kind === 'up' && parsed.device === principal.name && !retain
    case 'candidate':
      return isOwnEnrolment(parsed, principal.name, 'req') && !retain
    case 'buyer':
      return parsed.kind === 'request' && parsed.buyer === principal.name && !retain
    case 'guest':
      return (
        parsed.kind === 'auth' &&
        parsed.client === principal.name &&
        parsed.what === 'signature' &&
        !retain
      )
    case 'gateway':
      return isGatewayOutput(parsed, principal.name)
  }
}

function isOwnEnrolment(topic: Topic, name: string, what: 'req' | 'res'): boolean {
  return topic.kind === 'enrol' && topic.device === name && topic.what === what
}

function isGatewayOutput(topic: Topic, name: string): boolean {
  switch (topic.kind) {
    case 'gateway':
      return topic.gateway === name
    case 'enrol':
      return topic.what === 'res'
    case 'auth':
      return topic.what === 'challenge'
    case 'down':
    case 'public':
    case 'live':
    case 'response':
      return true
    default:
      return false
  }
}

/**
 * Whether a subscription is granted: only if every topic that the filter could match is allowed.
 * Shared subscriptions are refused: their readers take messages from one another.
 */
export function maySubscribe(principal: Principal, filter: string): boolean {
  if (!isFilter(filter)) return false
  return readable(principal).some((allowed) => contains(allowed, filter))
}

/** Whether a message on this topic may be handed to the principal; repeats the check per message. */
export function mayRead(principal: Principal, topic: string): boolean {
  return !/[+#]/.test(topic) && maySubscribe(principal, topic)
}

/** Filters below the root that a principal may read. */
function readable(principal: Principal): string[] {
  // A name with a wildcard or a slash in it would widen the filters made from it.
  if (principal.role === 'guest') return isGuestId(principal.name) ? [`auth/${principal.name}`] : []
  if (!/^[a-z0-9-]{1,32}$/.test(principal.name)) return []
  switch (principal.role) {
    case 'device':
      return [`d/${principal.name}/dn/#`]
    case 'candidate':
      return [`enrol/${principal.name}/res`]
    case 'buyer':
      // Live topics are granted one by one, for a time, by op `subscribe`: not by a name.
      return [`b/${principal.name}/res/+`, 'pub/#']
    case 'gateway':
      return ['d/+/up/+', 'd/+/st', 'enrol/+/req', 'b/+/req', 'pub/#']
  }
}

/** MQTT 3.1.1 section 4.7: `#` only as the last level, `+` only as a whole level, no NUL. */
export function isFilter(filter: string): boolean {
  if (filter.length === 0 || filter.length > topicBytesMax || filter.includes('\0')) return false
  const levels = filter.split('/')
  return levels.every((level, at) =>
    level.includes('#')
      ? level === '#' && at === levels.length - 1
      : level === '+' || !level.includes('+'),
  )
}

/**
 * Whether every topic that `filter` matches is matched by `allowed` too. Both are filters; the one
 * inclusion that is not seen is `#` in `+/#`, two spellings of one set, and no filter here is either.
 */
export function contains(allowed: string, filter: string): boolean {
  const outer = allowed.split('/')
  const inner = filter.split('/')
  for (let at = 0; ; at++) {
    const level = outer[at]
    const asked = inner[at]
    // `a/#` matches `a` too, so a filter that ends where `#` begins is inside it.
    if (level === '#') return at > 0 || !(asked ?? '').startsWith('$')
    if (level === undefined) return asked === undefined
    if (asked === undefined || asked === '#') return false
    if (level === asked) continue
    // Section 4.7.2: a wildcard in the first level does not match `$SYS` and the like.
    if (level !== '+' || (at === 0 && asked.startsWith('$'))) return false
  }
}

/** Whether a topic is matched by a filter (MQTT 3.1.1 section 4.7). */
export function matches(filter: string, topic: string): boolean {
  return contains(filter, topic)
}
