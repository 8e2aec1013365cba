/** The market of `marketSite` behind a real broker: the embedded one, or a Mosquitto. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { openEmbeddedBroker } from '../../gateway/adapters/mqtt/broker.js'
import type { ExternalBroker } from '../../gateway/adapters/mqtt/external.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { BuyerLink } from '../../gateway/ports/market.js'
import { RecordingIntake } from '../adapters/mqtt/recordingIntake.js'
import { until } from './gateway.js'
import {
  type AnswerJson,
  gatewayKey,
  network,
  openSite,
  type Site,
  type SiteOptions,
} from './marketSite.js'

export const root = `fp1/${network}`

/** A buyer at a broker, with everything that it heard. */
export interface BuyerClient {
  readonly mqtt: MqttClient
  readonly heard: { topic: string; text: string }[]
  /** Publishes a request and waits for its answer on `res/<id>`. */
  ask(request: object | string | Buffer, id?: string): Promise<AnswerJson>
}

/** Connects with name and token; subscribed to its answers. */
export async function connectBuyer(
  url: string,
  name: string,
  token: string,
  options: IClientOptions = {},
): Promise<BuyerClient> {
  const heard: BuyerClient['heard'] = []
  const mqtt = await connectAsync(url, {
    clientId: name,
    username: name,
    password: token,
    reconnectPeriod: 0,
    ...options,
  })
  mqtt.on('error', () => undefined)
  mqtt.on('message', (topic, payload) => heard.push({ topic, text: payload.toString() }))
  await mqtt.subscribeAsync(`${root}/b/${name}/res/+`, { qos: 1 })
  return {
    mqtt,
    heard,
    async ask(request, id) {
      const isRaw = typeof request === 'string' || Buffer.isBuffer(request)
      const text = isRaw ? request : JSON.stringify(request)
      const named = id ?? (request as { id?: string }).id ?? '!'
      const topic = `${root}/b/${name}/res/${named}`
      const before = heard.filter((one) => one.topic === topic).length
      await mqtt.publishAsync(`${root}/b/${name}/req`, text, { qos: 1 })
      const answers = () => heard.filter((one) => one.topic === topic)
      await until(`an answer to ${text.toString().slice(0, 80)}`, () => answers().length > before)
      return JSON.parse(answers().at(-1)!.text)
    },
  }
}

export interface MarketBroker {
  readonly site: Site
  readonly url: string
  readonly port: number
  readonly intake: RecordingIntake
  stop(): Promise<void>
}

/** An embedded broker over a market; buyers log in with their tokens. */
export async function startMarket(options: SiteOptions = {}): Promise<MarketBroker> {
  let link: BuyerLink | undefined
  const site = await openSite({ ...options, link: lateLink(() => link) })
  const intake = new RecordingIntake()
  intake.login = async (name, password) =>
    site.buyers.login(name, Buffer.from(password).toString('utf8'))
  const broker = openEmbeddedBroker({
    network,
    gatewayId: deviceIdOf(gatewayKey.publicKey),
    host: '127.0.0.1',
    port: 0,
    intake,
    market: site.market,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
  })
  link = broker
  await broker.start()
  const { port } = broker.listeners()[0]!
  return {
    site,
    url: `mqtt://127.0.0.1:${port}`,
    port,
    intake,
    async stop() {
      await broker.stop()
      await site.market.stop()
    },
  }
}

export function lateLink(link: () => BuyerLink | ExternalBroker | undefined): BuyerLink {
  return {
    get isWatched() {
      return link()?.isWatched ?? false
    },
    hears: (...one) => link()?.hears(...one) ?? false,
    deliver: (...one) => link()?.deliver(...one),
    dismiss: (...one) => link()?.dismiss(...one),
  }
}
