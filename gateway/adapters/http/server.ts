/** The HTTP face: listens, limits what a peer may hold open, and ends within a second. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Failure, messageOf } from '../../core/failure.js'
import {
  connectionsMax,
  httpConnectionsMax,
  httpHeadersMsMax,
  httpKeepAliveMs,
  httpRequestMsMax,
  portSearchMax,
} from '../../core/limits.js'
import type { Answerer } from './answer.js'
import type { AppParts } from './app.js'

export interface HttpOptions extends AppParts {
  host: string
  /** 0: any free port. */
  port: number
  /** Where the port is taken: try the next ones (true) or fail (false). */
  search: boolean
}

export interface HttpFace {
  /** For people and commands: `http://127.0.0.1:8484`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** For MQTT over WebSocket: its `upgrade` event has no listener yet. */
  readonly server: Server
  /** Ends live views and open requests, then the socket. */
  close(): Promise<void>
}

/**
 * Resolves once it listens. Rejects with Failure('unavailable') where the port is taken,
 * 'permission' where the system keeps it, 'config' where the host is no address of this machine.
 */
export async function startHttp(options: HttpOptions): Promise<HttpFace> {
  const answers = answeringLater(options)
  const server = createServer(
    {
      headersTimeout: httpHeadersMsMax,
      requestTimeout: httpRequestMsMax,
      keepAliveTimeout: httpKeepAliveMs,
      // Finds readers of live events whose machine has gone without a word.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      connectionsCheckingInterval: 1_000,
    },
    answers.answer,
  )
  // MQTT over WebSocket stays on this socket; the broker has limits of its own for it.
  server.maxConnections = httpConnectionsMax + connectionsMax
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const port = await listen(server, options)
  const shown = shownHost(options.host)
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`,
    host: options.host,
    port,
    server,
    close: () => {
      answers.close()
      return new Promise<void>((resolve) => {
        server.close(() => resolve())
        // Node's own closeAllConnections leaves out those that were upgraded.
        for (const socket of sockets) socket.destroy()
      })
    },
  }
}

/** Loads the routes and their libraries with the first request, so that a start does not wait. */
function answeringLater(options: HttpOptions) {
  let loading: Promise<Answerer> | undefined
  const load = async (): Promise<Answerer> => {
    const { createAnswerer } = await import('./answer.js')
    return createAnswerer(options)
  }
  return {
    answer(request: IncomingMessage, response: ServerResponse): void {
      loading ??= load()
      loading
        .then(({ listener }) => listener(request, response))
        .catch((error: unknown) => {
          options.report(`the HTTP face cannot be loaded: ${messageOf(error)}`)
          response.destroy()
        })
    },
    close(): void {
      loading?.then((answerer) => answerer.close()).catch(() => undefined)
    },
  }
}

/** An address to connect to where the socket listens on all of them. */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

async function listen(server: Server, options: HttpOptions): Promise<number> {
  const { host, port: first } = options
  const last = options.search && first > 0 ? Math.min(first + portSearchMax, 65_535) : first
  for (let port = first; port <= last; port++) {
    const error = await tryListen(server, host, port)
    if (error === undefined) return (server.address() as AddressInfo).port
    if (error.code !== 'EADDRINUSE') throw listenFailure(error, host, port)
  }
  throw new Failure(
    'unavailable',
    first === last
      ? `HTTP port ${first} on ${host} is taken: stop the other program, or choose another with --http-port`
      : `HTTP ports ${first} to ${last} on ${host} are taken: choose another with --http-port`,
  )
}

function tryListen(
  server: Server,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const settle = (error?: NodeJS.ErrnoException): void => {
      server.off('error', settle)
      server.off('listening', settle)
      resolve(error)
    }
    server.once('error', settle)
    server.once('listening', settle)
    server.listen(port, host)
  })
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): Failure {
  if (error.code === 'EACCES')
    return new Failure(
      'permission',
      `no permission for HTTP port ${port}: choose one above 1023 with --http-port`,
    )
  return new Failure(
    'config',
    `cannot listen on http.host ${host}, port ${port}: ${messageOf(error)}`,
  )
}
