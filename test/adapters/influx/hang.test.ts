import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { influxSeries } from '../../../gateway/adapters/influx/series.js'
import type { SeriesStore } from '../../../gateway/ports/series.js'

/** A server that answers every request with the same bytes, then does as it is told. */
let server: Server | undefined
let store: SeriesStore | undefined

afterEach(async () => {
  await store?.close()
  server?.close()
})

async function open(onRequest: (socket: Socket) => void, text?: string): Promise<SeriesStore> {
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      if (text !== undefined) socket.write(text)
      onRequest(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  let cursor = 0
  store = influxSeries({
    url: `http://127.0.0.1:${address.port}`,
    database: 'fieldproof',
    cursor: {
      load: async () => cursor,
      async save(next) {
        cursor = next
      },
    },
    rowCursor: { load: async () => 0, save: async () => undefined },
    deadLetters: {
      count: 0,
      async add(dead) {
        expect(dead).toEqual([])
      },
    },
  })
  return store
}

function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const point = { device: 'hang', metric: 'co2', time: 1_762_000_000, value: 400 }

test('closing ends a call that the server never answers', async () => {
  let asked = () => {}
  const request = new Promise<void>((resolve) => {
    asked = resolve
  })
  const opened = await open(() => asked())
  const writing = opened.write([point], 1)
  await request
  await opened.close()
  await expect(writing).rejects.toMatchObject({ code: 'unavailable', message: /stopping/ })
  expect(await opened.cursor()).toBe(0)
})

test('closing ends a call whose answer broke off', async () => {
  let cut = () => {}
  const broken = new Promise<void>((resolve) => {
    cut = resolve
  })
  const opened = await open((socket) => {
    socket.end()
    socket.on('close', () => cut())
  }, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"results"')
  const reading = opened.latest('hang')
  await broken
  await opened.close()
  await expect(reading).rejects.toMatchObject({ code: 'unavailable' })
})

test.each([
  ['401 Unauthorized', '{"error":"authorization failed"}', /user or password/],
  ['400 Bad Request', '<html>proxy</html>', /400 <html>proxy/],
  ['400 Bad Request', '{"error":"database is required"}', /database is required/],
  ['404 Not Found', '{"error":"database not found: \\"fieldproof\\""}', /database not found/],
  ['500 Internal Server Error', '{"error":"timeout"}', /Internal Server Error/],
  ['302 Found', '', /302/],
])('takes %s %s for a condition that may pass, not for poison', async (status, body, message) => {
  const opened = await open(() => {}, answer(status, body))
  const writing = opened.write([point, { ...point, time: point.time + 1 }], 1)
  await expect(writing).rejects.toMatchObject({ code: 'unavailable', message })
  expect(await opened.cursor()).toBe(0)
})
