/**
 * A market of marketSite.ts behind the real embedded broker, for a buyer's programs. Faults are put
 * between the market and the wire.
 */
import { openEmbeddedBroker } from '../../gateway/adapters/mqtt/broker.js'
import type { Market } from '../../gateway/ports/market.js'
import { gatewayId, RecordingIntake, TestClock } from '../adapters/mqtt/recordingIntake.js'
import { type AnswerJson, network, type Site } from './marketSite.js'

export interface MarketFaults {
  /** Changes an answer on its way out; `undefined` swallows it. */
  change?: (answer: AnswerJson, n: number) => AnswerJson | undefined
  /** Ends the session instead of handing over the request of this number, from 1. */
  cutAt?: number
}

export interface MarketBroker {
  readonly url: string
  /** Requests as they came. */
  readonly requests: { id: string; op: string; q?: unknown }[]
  /** Answers as the market made them. */
  readonly answers: AnswerJson[]
  faults: MarketFaults
  stop(): Promise<void>
}

export async function startMarketBroker(site: Site): Promise<MarketBroker> {
  const state: Pick<MarketBroker, 'requests' | 'answers' | 'faults'> = {
    requests: [],
    answers: [],
    faults: {},
  }
  let sent = 0
  const market: Market = {
    ...site.market,
    async request(buyer, payload, sink, fault) {
      state.requests.push(JSON.parse(Buffer.from(payload).toString()))
      if (state.requests.length === state.faults.cutAt) return broker.dismiss(buyer)
      const send: typeof sink.send = async (id, text) => {
        const answer: AnswerJson = JSON.parse(text)
        state.answers.push(answer)
        const { change = (same: AnswerJson) => same } = state.faults
        const changed = change(structuredClone(answer), ++sent)
        return changed === undefined ? true : sink.send(id, JSON.stringify(changed))
      }
      return site.market.request(buyer, payload, { send }, fault)
    },
  }
  const intake = new RecordingIntake()
  intake.login = async (name, password) =>
    site.buyers.login(name, new TextDecoder().decode(password))
  const clock = new TestClock()
  const options = { network, gatewayId, host: '127.0.0.1', port: 0, intake, market, clock }
  const broker = openEmbeddedBroker(options)
  await broker.start()
  site.link.hears = (buyer, topic) => broker.hears(buyer, topic)
  site.link.deliver = (buyer, topic, payload) => broker.deliver(buyer, topic, payload)
  const url = `mqtt://127.0.0.1:${broker.listeners()[0]!.port}`
  return Object.assign(state, { url, stop: () => broker.stop() })
}
