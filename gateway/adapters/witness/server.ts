/** The witness's HTTP face (C2SP tlog-witness): one route, for anyone. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure, messageOf } from '../../core/failure.js'
import {
  httpConnectionsMax,
  httpHeadersMsMax,
  httpKeepAliveMs,
  httpRequestMsMax,
} from '../../core/limits.js'
import { addCheckpointBytesMax } from '../../core/log/addCheckpoint.js'

export interface WitnessServerOptions {
  host: string
  /** 0: any free port. */
  port: number
  /** Answers the body of an add-checkpoint request. */
  add(body: string): Promise<{ status: number; type: string; body: string }>
}

export interface WitnessServer {
  /** `http://127.0.0.1:8486` */
  readonly url: string
  /** Lets requests under way finish, up to their own time limit. */
  close(): Promise<void>
}

/** Resolves once it listens; rejects with Failure('unavailable') where it cannot. */
export async function startWitnessServer(options: WitnessServerOptions): Promise<WitnessServer> {
  const server = createServer(
    {
      headersTimeout: httpHeadersMsMax,
      requestTimeout: httpRequestMsMax,
      keepAliveTimeout: httpKeepAliveMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      handle(options, request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = httpConnectionsMax
  await listen(server, options)
  const { address, family, port } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function listen(server: Server, { host, port }: WitnessServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EACCES' ? 'permission' : 'unavailable'
      const why = messageOf(error)
      reject(new Failure(code, `cannot listen on ${host}, port ${port}: ${why}; see --port`))
    })
    server.listen(port, host, resolve)
  })
}

async function handle(
  options: WitnessServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url !== '/add-checkpoint')
    return say(response, 404, 'the one route is /add-checkpoint')
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST')
    return say(response, 405, 'send a POST')
  }
  const body = await readBody(request)
  if (body === undefined) {
    // What is left of a body that nobody reads must not hold the connection.
    response.setHeader('Connection', 'close')
    return say(response, 413, 'the request is too large')
  }
  const text = textOf(body)
  if (text === undefined) return say(response, 400, 'the request is not UTF-8')
  const answer = await options.add(text)
  send(response, answer.status, answer.type, answer.body)
}

/** The whole body; `undefined` where it is longer than any request may be. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > addCheckpointBytesMax) return undefined
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > addCheckpointBytesMax) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function say(response: ServerResponse, status: number, words: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${words}\n`)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  response.end(body)
}
