import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { eventsOf } from '../../gateway/commands/watch.js'
import { fieldproof } from '../support/cli.js'
import { startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

test('events are read however the stream is cut, and nothing else is taken for one', async () => {
  const text =
    'retry: 2000\n: hello\n\ndata: {"type":"device","atMs":1,"device":"ä","state":"active"}\n\n' +
    'event: missed\ndata: {"events":3}\n\ndata: {"type":"checkpoint","atMs":2,"size":1,"root":"r"}\n\n'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 7, bytes.length]) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    const found = []
    for await (const event of eventsOf(ReadableStream.from(chunks))) found.push(event)
    expect(found.map(({ type, atMs }) => [type, atMs])).toEqual([
      ['device', 1],
      ['checkpoint', 2],
    ])
    expect(found[0]).toMatchObject({ device: 'ä' })
  }
})

test('shows what happens, over a restart of the gateway, without colours where there is no terminal', async () => {
  const dataDir = temporaryFolder()
  const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
  let gateway = await startGateway({ dataDir, env })
  const main = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))
  const watch = spawn(process.execPath, [main, 'watch', '-d', dataDir])
  let out = ''
  watch.stdout.on('data', (text) => (out += text))
  const ended = new Promise((resolve) => watch.once('exit', resolve))
  let n = 91
  let holder = holderOf(n)
  // Until somebody listens, an event is nobody's: one enrolment after the other, until one is seen.
  await until('a device', async () => {
    if (out.includes('device')) return true
    holder = holderOf(n++)
    await enrol(gateway, holder, ['temperature'])
    return false
  })
  const device = await connectDevice(gateway, holder)
  const time = Math.floor(Date.now() / 1_000)
  const value = { metric: 'temperature' as const, time, value: { m: 215, e: -1 } }
  expect(await device.verdict(readingOf(holder, testNetwork, 1, [value]))).toBe('accepted')
  await until('the reading', () => out.includes(`${device.id} #1  temperature 21.5 Cel`))
  await device.close()
  await gateway.stop()
  gateway = await startGateway({ dataDir, env })
  const again = await connectDevice(gateway, holder)
  let seq = 1
  await until('a reading after the restart', async () => {
    const bytes = readingOf(holder, testNetwork, ++seq, [{ ...value, time: time + seq }])
    expect(await again.verdict(bytes)).toBe('accepted')
    return /#[2-9]|#\d\d/.test(out)
  })
  await again.close()
  expect(out).not.toContain('\u001b')
  watch.kill('SIGINT')
  expect(await ended).toBe(0)
  await gateway.stop()
  expect(await fieldproof(['watch', '-d', dataDir])).toMatchObject({ code: 69 })
})
