import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import { type RunningGateway, until } from './gateway.js'

/** Environment of a gateway that is to be inspected: a free port for Node's inspector. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=0' }

export interface Memory {
  /** Objects, buffers and what is outside of the heap, on the main thread; garbage is collected. */
  usedBytes: number
  /** VmRSS of the whole process, threads included. */
  residentBytes: number
}

export interface Inspector {
  /** Collects garbage, then measures. */
  memory(): Promise<Memory>
  close(): void
}

/**
 * Looks into a running gateway from outside, through the inspector that every Node opens at SIGUSR1;
 * the gateway itself has no part in it. It must have been started with `inspectable`.
 */
export async function inspect(gateway: RunningGateway): Promise<Inspector> {
  gateway.process.kill('SIGUSR1')
  const url = await until('the inspector', () => /ws:\/\/\S+/.exec(gateway.output())?.[0])
  const socket = new WebSocket(url)
  const answers = new Map<number, (result: unknown) => void>()
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('message', (text: Buffer) => {
    const { id, result } = JSON.parse(text.toString())
    answers.get(id)?.(result)
    answers.delete(id)
  })
  let lastId = 0
  const call = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      answers.set(++lastId, resolve)
      socket.send(JSON.stringify({ id: lastId, method, params }))
    })
  // `external` holds the buffers too.
  const sum = '(({ heapUsed, external }) => heapUsed + external)'
  return {
    async memory() {
      // Twice: buffers are freed by finalizers, a turn after their objects.
      for (let i = 0; i < 2; i++) await call('HeapProfiler.collectGarbage')
      const expression = `${sum}(process.memoryUsage())`
      const { result } = (await call('Runtime.evaluate', { expression })) as {
        result: { value: number }
      }
      return { usedBytes: result.value, residentBytes: residentBytes(gateway.process.pid!) }
    },
    close: () => socket.close(),
  }
}

function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (line === null) throw new Error(`process ${pid} says nothing of its memory`)
  return Number(line[1]) * 1024
}
