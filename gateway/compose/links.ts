/** The ways to devices: a broker, embedded or external, and serial ports. Part of the composition root. */
import type { Server } from 'node:http'
import type { Config } from '../config.js'
import type { Clock } from '../ports/clock.js'
import type { EnrolAnswer, Intake } from '../ports/intake.js'
import type { DeviceLink, LinkEvent, Presence, Publisher } from '../ports/link.js'
import type { BuyerLink, Market } from '../ports/market.js'
import type { StatusView } from '../ports/operations.js'
import type { SerialDriver } from '../ports/serialDriver.js'
import type { WalletLogin } from '../ports/wallet.js'

export interface LinkParts {
  config: Config
  gatewayId: string
  /** 32 bytes. */
  gatewayKey: Uint8Array
  intake: Intake
  /** Answers buyers, at whichever broker. */
  market: Market
  /** Lets buyers in by their wallets, at the embedded broker. */
  wallets: WalletLogin
  clock: Clock
  portSearch: boolean
  /** Ports that are not the system's, by path. */
  serialDrivers: ReadonlyMap<string, SerialDriver>
  randomBytes(length: number): Uint8Array
  event(event: LinkEvent): void
  /** A board on a serial port has said that it is there: it has missed what brokers retain. */
  arrived(device: string): void
}

export interface Links {
  publisher: Publisher
  buyers: BuyerLink
  /** Tells a device or candidate its state, on whatever way it is here. */
  tell(device: string, answer: EnrolAnswer): void
  /** Sends a downlink; says whether one of the links has handed it over. */
  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): boolean
  wantsReceipts(device: string): boolean
  presence(device: string): (Presence & { transport: 'mqtt' | 'serial' }) | undefined
  condition(): string[]
  listeners(): StatusView['listeners']
  /** Where MQTT is spoken: this process, or the external broker. */
  mqttAddress(): { host: string; port: number }
  serialPorts(): StatusView['serial']
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Begins to load what `createLinks` will want, so that this goes on while the disk is waited for.
 * What cannot be loaded fails there.
 */
export function preloadLinks({ mqtt }: Config): void {
  const loading =
    mqtt.mode === 'external'
      ? import('../adapters/mqtt/external.js')
      : import('../adapters/mqtt/broker.js')
  loading.catch(() => undefined)
}

/** `server`: the HTTP server, which also takes MQTT over WebSocket. Vendors are loaded where used. */
export async function createLinks(parts: LinkParts, server: Server): Promise<Links> {
  const present = new Map<string, Presence & { transport: 'mqtt' | 'serial' }>()
  const heard =
    (transport: 'mqtt' | 'serial') =>
    (presence: Presence): void => {
      // Who is gone is forgotten: hellos are not signed, and anybody can say any id.
      if (!presence.online) present.delete(presence.device)
      else {
        present.set(presence.device, { ...presence, transport })
        if (transport === 'serial') parts.arrived(presence.device)
      }
    }
  const mqtt = await mqttLink(parts, server, heard('mqtt'))
  const serial = await serialLink(parts, heard('serial'))
  const all: DeviceLink[] = serial ? [mqtt.link, serial.link] : [mqtt.link]
  return {
    publisher: mqtt.link,
    buyers: mqtt.link,
    tell: (device, answer) => {
      for (const link of all) link.tell(device, answer)
    },
    send: (device, kind, bytes) => all.filter((link) => link.send(device, kind, bytes)).length > 0,
    wantsReceipts: (device) => all.some((link) => link.wantsReceipts(device)),
    presence: (device) => present.get(device),
    condition: () => all.flatMap((link) => link.condition()),
    listeners: mqtt.listeners,
    mqttAddress: mqtt.address,
    serialPorts: () => serial?.ports() ?? [],
    async start() {
      for (const link of all) await link.start()
    },
    async stop() {
      await Promise.all(all.map((link) => link.stop()))
    },
  }
}

interface MqttLink {
  link: DeviceLink & Publisher & BuyerLink
  listeners(): StatusView['listeners']
  address(): { host: string; port: number }
}

async function mqttLink(
  parts: LinkParts,
  server: Server,
  presence: (presence: Presence) => void,
): Promise<MqttLink> {
  const { mqtt, network } = parts.config
  const { gatewayId, intake, market, clock, event } = parts
  if (mqtt.mode === 'external' && mqtt.url !== undefined) {
    const { openExternalBroker } = await import('../adapters/mqtt/external.js')
    const { url, username, password } = mqtt
    const { hostname, port } = new URL(url)
    const link = openExternalBroker({
      network,
      gatewayId,
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      intake,
      market,
      clock,
      presence,
      event,
    })
    const address = { host: hostname, port: Number(port) || 1883 }
    return {
      link,
      listeners: () => [{ name: 'mqtt (external)', address: `${address.host}:${address.port}` }],
      address: () => address,
    }
  }
  const { openEmbeddedBroker } = await import('../adapters/mqtt/broker.js')
  const { certFile, keyFile, port: tlsPort } = mqtt.tls
  const broker = openEmbeddedBroker({
    network,
    gatewayId,
    host: mqtt.host,
    port: mqtt.port,
    portSearch: parts.portSearch,
    wallets: parts.wallets,
    ...(certFile && keyFile ? { tls: { host: mqtt.host, port: tlsPort, certFile, keyFile } } : {}),
    intake,
    market,
    clock,
    presence,
    event,
  })
  if (mqtt.ws !== false) broker.attachWebSocket(server)
  return {
    link: broker,
    listeners: () =>
      broker.listeners().map(({ name, host, port }) => ({ name, address: `${host}:${port}` })),
    address: () => {
      const [tcp] = broker.listeners()
      return { host: tcp?.host ?? mqtt.host, port: tcp?.port ?? mqtt.port }
    },
  }
}

async function serialLink(
  parts: LinkParts,
  presence: (presence: Presence) => void,
): Promise<{ link: DeviceLink; ports(): StatusView['serial'] } | undefined> {
  const { ports } = parts.config.serial
  const drivers = parts.serialDrivers
  if (ports !== 'auto' && ports.length === 0 && drivers.size === 0) return undefined
  const { openSerialLink } = await import('../adapters/serial/link.js')
  const link = openSerialLink({
    ports,
    drivers,
    network: parts.config.network,
    gatewayKey: parts.gatewayKey,
    intake: parts.intake,
    clock: parts.clock,
    randomBytes: parts.randomBytes,
    event: parts.event,
    presence,
  })
  return {
    link,
    ports: () =>
      link.ports().map(({ port, state, device, error, counts }) => ({
        port,
        state,
        opened: counts.opened,
        ...(device === undefined ? {} : { device }),
        ...(error === undefined ? {} : { error }),
      })),
  }
}
