/** How the gateway presents itself to a broker that somebody else runs. */
import type { IClientOptions, ISubscriptionMap } from 'mqtt'
import { Failure } from '../../core/failure.js'
import {
  buyerPacketBytesMax,
  mqttConnectMsMax,
  mqttExternalInFlightMax,
} from '../../core/limits.js'
import { rootOf } from '../../core/topic.js'

/** Who logs in, and where. */
export interface BrokerLogin {
  readonly network: string
  readonly gatewayId: string
  readonly username?: string
  readonly password?: string
}

/** MQTT 3.1.1 or MQTT 5, as CONNECT numbers them. */
export type ProtocolVersion = 4 | 5

/** Seconds that the broker keeps the session of a gateway that is away: a long weekend. */
const sessionExpirySec = 4 * 86_400
const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:']
/** CONNACK codes that mean "not this version": MQTT 3.1.1 and MQTT 5. */
const versionRefused: readonly unknown[] = [1, 132]

/** Throws Failure('config') where `mqtt.url` is no address of a broker. */
export function requireBrokerAddress(url: string): void {
  if (URL.canParse(url) && protocols.includes(new URL(url).protocol)) return
  throw new Failure(
    'config',
    'mqtt.url is no broker address. Write it as mqtt://host:1883 (or mqtts, ws, wss)',
  )
}

/** The broker's address, without user and password. */
export function placeOf(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

/** Options of one connection. */
export function clientOptions(login: BrokerLogin, version: ProtocolVersion): IClientOptions {
  const { network, gatewayId, username, password } = login
  return {
    clientId: gatewayId,
    protocolVersion: version,
    clean: false,
    // Set apart: without it the client would connect again by itself, at one fixed interval.
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: mqttConnectMsMax,
    keepalive: 30,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    will: {
      topic: `${rootOf(network)}gw/${gatewayId}/st`,
      payload: Buffer.from('{"on":0}'),
      qos: 1,
      retain: true,
    },
    ...(version === 4
      ? {}
      : {
          properties: {
            sessionExpiryInterval: sessionExpirySec,
            receiveMaximum: mqttExternalInFlightMax,
            maximumPacketSize: 2 * buyerPacketBytesMax,
          },
        }),
  }
}

/**
 * What the gateway listens to below the root. A request that was retained would come again with each
 * connection: MQTT 5 keeps it away.
 */
export function filtersOf(root: string, withBuyers: boolean): ISubscriptionMap {
  const filters: ISubscriptionMap = {}
  for (const filter of ['d/+/up/+', 'd/+/st', 'enrol/+/req']) filters[root + filter] = { qos: 1 }
  if (withBuyers) filters[`${root}b/+/req`] = { qos: 1, rap: true, rh: 2 }
  return filters
}

/**
 * The version to try after a connection that failed with a CONNACK code (or `undefined`): an old
 * broker refuses MQTT 5 with a code, or with an answer that is none in MQTT 5.
 */
export function versionAfter(refused: unknown, tried: ProtocolVersion): ProtocolVersion {
  if (versionRefused.includes(refused)) return 4
  if (refused === undefined) return tried === 5 ? 4 : 5
  return tried
}
