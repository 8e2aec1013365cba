/** The few topics of a session, as bytes: what comes in is compared, never decoded. */
import { assert } from '../../core/failure.js'
import { mayPublish, parseTopic, rootOf, type Topic } from '../../core/topic.js'
import type { Principal } from '../../ports/intake.js'

/** A topic this session may publish to, as bytes: a PUBLISH is compared, never decoded. */
export interface Route {
  topic: Buffer
  meaning: Topic
}

/** A topic the gateway writes to this session. */
export interface Downlink {
  topic: Buffer
  below: string
  /** Granted QoS, -1 where no filter of the session matches. */
  qos: number
}

export type DownlinkName = 'ak' | 'tm' | 'cm' | 'rc' | 'res' | 'auth'

/** What a principal may publish. */
export function routesOf(principal: Principal, network: string): Route[] {
  const { name } = principal
  const topics = ['rd', 'tq', 'ro', 'rv'].map((what) => `d/${name}/up/${what}`)
  topics.push(`d/${name}/st`, `enrol/${name}/req`, `b/${name}/req`, `auth/${name}/sig`)
  return topics
    .filter((topic) => mayPublish(principal, topic, false))
    .map((topic) => {
      const meaning = parseTopic(topic)
      assert(meaning !== undefined, 'a topic that may be published has a meaning')
      return { topic: Buffer.from(rootOf(network) + topic), meaning }
    })
}

/** What the gateway says to a device, candidate or guest of that name. */
export function downlinksOf(name: string, network: string): Record<DownlinkName, Downlink> {
  const downlink = (below: string): Downlink => ({
    topic: Buffer.from(rootOf(network) + below),
    below,
    qos: -1,
  })
  return {
    ak: downlink(`d/${name}/dn/ak`),
    tm: downlink(`d/${name}/dn/tm`),
    cm: downlink(`d/${name}/dn/cm`),
    rc: downlink(`d/${name}/dn/rc`),
    res: downlink(`enrol/${name}/res`),
    auth: downlink(`auth/${name}`),
  }
}

/** Compares from the end, where topics of one device differ. */
export function equals(topic: Buffer, buffer: Buffer, from: number, to: number): boolean {
  if (to - from !== topic.length) return false
  for (let i = topic.length - 1; i >= 0; i--) if (topic[i] !== buffer[from + i]) return false
  return true
}
