import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { witnessAt } from '../../../gateway/adapters/witness/client.js'
import { Failure } from '../../../gateway/core/failure.js'

let server: Server | undefined
afterEach(() => server?.close())

/** A witness that answers anything, as strangers do. */
async function answering(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function saying(status: number, body: string): Promise<string> {
  return answering((_, response) => response.writeHead(status).end(body))
}

describe('a witness at an address', () => {
  it('gets the body at its prefix, with or without a slash at its end', async () => {
    const seen: string[] = []
    const url = await answering((request, response) => {
      request.on('data', (chunk) => seen.push(`${request.method} ${request.url} ${chunk}`))
      request.on('end', () => response.end('line\n'))
    })
    for (const prefix of [`${url}/w`, `${url}/w/`])
      expect(await witnessAt(prefix).add('old 0\n')).toEqual({ kind: 'cosigned', lines: 'line\n' })
    expect(seen).toEqual(['POST /w/add-checkpoint old 0\n', 'POST /w/add-checkpoint old 0\n'])
  })

  it.each([
    [409, '17\n', { kind: 'conflict', size: 17 }],
    [409, '0\n', { kind: 'conflict', size: 0 }],
    [409, '017\n', { kind: 'refused', status: 409, detail: 'without the size it has signed' }],
    [409, '', { kind: 'refused', status: 409, detail: 'without the size it has signed' }],
    [422, 'bad\u001b[31m proof\nmore', { kind: 'refused', status: 422, detail: 'bad?[31m proof' }],
    [404, '', { kind: 'refused', status: 404, detail: '' }],
  ])('answers %i %j', async (status, body, answer) => {
    expect(await witnessAt(await saying(status, body)).add('')).toEqual(answer)
  })

  it.each([
    ['an error of its own', () => saying(500, 'x')],
    ['too many requests', () => saying(429, 'x')],
    ['an answer without end', () => saying(200, 'x'.repeat(100_000))],
    [
      'a redirection',
      () => answering((_, response) => response.writeHead(302, { location: 'http://x/' }).end()),
    ],
    ['a broken connection', () => answering((request) => request.socket.destroy())],
    ['nobody there', async () => 'http://127.0.0.1:1'],
  ])('is away: %s', async (_, start) => {
    const error = await witnessAt(await start())
      .add('x')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Failure)
    expect((error as Failure).code).toBe('unavailable')
  })
})
