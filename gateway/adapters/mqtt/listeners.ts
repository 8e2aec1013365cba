import { readFileSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
} from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { Failure, messageOf } from '../../core/failure.js'
import {
  buyerPacketBytesMax,
  connectionsMax,
  mqttConnectMsMax,
  portSearchMax,
} from '../../core/limits.js'
import type { Door, Ticket } from './door.js'

export interface TlsOptions {
  host?: string
  port: number
  /** PEM files. */
  certFile: string
  keyFile: string
}

export interface Listening {
  /** `mqtt`, `mqtts` or `ws`. */
  name: string
  host: string
  port: number
}

/** Takes a stream that has a place. */
export type Accept = (stream: Duplex, ticket: Ticket) => void

/** Counts a connection that got no place. */
export type Refuse = (reason: string) => void

/** Path and subprotocol of MQTT over WebSocket; MQTT 3.1.1 section 6. */
const webSocketPath = '/mqtt'
/** A frame may hold several packets, one socket read's worth; more is refused by `ws` from its header. */
const frameBytesMax = 4 * buyerPacketBytesMax

/** A server for MQTT over TCP. Nagle is off: QoS 1 would wait for it. */
export function tcpServer(door: Door, accept: Accept, refuse: Refuse): Server {
  return createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const ticket = enter(door, socket, refuse)
    if (ticket !== undefined) accept(socket, ticket)
  })
}

/** A server for MQTT over TLS 1.2 and later. Throws a `Failure` where the files cannot be used. */
export function tlsServer(options: TlsOptions, door: Door, accept: Accept, refuse: Refuse): Server {
  const tickets = new Map<string, Ticket>()
  const server = createTlsServer({
    cert: readPem('mqtt.tls.certFile', options.certFile),
    key: readPem('mqtt.tls.keyFile', options.keyFile),
    minVersion: 'TLSv1.2',
    handshakeTimeout: mqttConnectMsMax,
    noDelay: true,
    keepAlive: true,
  })
  // The place is taken before the handshake: that is where the work is.
  server.on('connection', (socket: Socket) => {
    const ticket = enter(door, socket, refuse)
    if (ticket === undefined) return
    const peer = peerOf(socket)
    tickets.set(peer, ticket)
    socket.once('close', () => {
      tickets.delete(peer)
      ticket.leave()
    })
  })
  server.on('secureConnection', (socket) => {
    const ticket = tickets.get(peerOf(socket))
    if (ticket === undefined) socket.destroy()
    else accept(socket, ticket)
  })
  server.on('tlsClientError', (_error, socket) => {
    refuse('tls')
    socket.destroy()
  })
  return server
}

/** Serves MQTT over WebSocket at `/mqtt` of an HTTP server; other upgrades are answered 404. */
export function webSocketOn(server: HttpServer, door: Door, accept: Accept, refuse: Refuse): void {
  let loading: Promise<Upgrade> | undefined
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    if (request.url?.split('?')[0] !== webSocketPath) return reject(socket, '404 Not Found')
    if (!offered.includes('mqtt')) return reject(socket, '400 Bad Request')
    const ticket = enter(door, socket, refuse)
    if (ticket === undefined) return
    socket.once('close', () => ticket.leave())
    socket.setNoDelay(true)
    loading ??= loadWebSockets()
    loading.then(
      (upgrade) => upgrade(request, socket, head, (stream) => accept(stream, ticket)),
      () => socket.destroy(),
    )
  })
}

/** Answers the handshake on a socket; what it gives is the stream of MQTT packets. */
type Upgrade = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  opened: (stream: Duplex) => void,
) => void

/** The library comes with the first WebSocket: most gateways see none, and a start need not wait. */
async function loadWebSockets(): Promise<Upgrade> {
  const { createWebSocketStream, WebSocketServer } = await import('ws')
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
    handleProtocols: () => 'mqtt',
  })
  return (request, socket, head, opened) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      opened(createWebSocketStream(webSocket)),
    )
}

/** An HTTP server with nothing but MQTT over WebSocket. */
export function webSocketServer(door: Door, accept: Accept, refuse: Refuse): HttpServer {
  const server = createHttpServer(
    { headersTimeout: mqttConnectMsMax, requestTimeout: mqttConnectMsMax },
    (_request, response) => void response.writeHead(404, { connection: 'close' }).end(),
  )
  server.maxConnections = connectionsMax
  webSocketOn(server, door, accept, refuse)
  return server
}

/**
 * Listens; resolves with the real address. `port` 0: any free one. With `search` the next ports are
 * tried where one is taken. Throws a `Failure` that says what to do.
 */
export async function listen(
  server: Server | HttpServer,
  name: string,
  host: string,
  port: number,
  search: boolean,
): Promise<Listening> {
  for (let tried = 0; ; tried++) {
    try {
      await listenOnce(server, host, port + tried)
      return { name, host, port: (server.address() as AddressInfo).port }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const more = search && port !== 0 && tried < portSearchMax && port + tried < 65_535
      if (code !== 'EADDRINUSE' || !more) throw listenFailure(error, name, host, port)
    }
  }
}

/** Stops listening; open connections are the caller's. */
export function stopListening(server: Server | HttpServer): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

function listenOnce(server: Server | HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 511 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function listenFailure(error: unknown, name: string, host: string, port: number): Failure {
  const where = `${name} on ${host}:${port}`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Failure(
        'unavailable',
        `${where}: the port is taken. Stop what listens there (\`ss -ltnp\` names it) or set another port`,
        { cause: error },
      )
    case 'EACCES':
      return new Failure('permission', `${where}: no right to open this port. Set one above 1023`, {
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Failure(
        'config',
        `${where}: this machine has no such address. Set the host to one of its own, or 0.0.0.0`,
        { cause: error },
      )
    default:
      return new Failure('unavailable', `${where}: ${messageOf(error)}`, { cause: error })
  }
}

function enter(door: Door, socket: Socket, refuse: Refuse): Ticket | undefined {
  const ticket = door.enter(socket.remoteAddress ?? '')
  if (ticket === undefined) {
    refuse('connections')
    socket.destroy()
  }
  return ticket
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

function reject(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function readPem(key: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Failure('config', `${key}: ${messageOf(error)}. Name a PEM file that can be read`, {
      cause: error,
    })
  }
}
