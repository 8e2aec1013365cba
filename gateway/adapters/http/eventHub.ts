/**
 * Live events to any number of readers, as server-sent events. Each event is written out once, and
 * only while somebody listens; a reader that is slower than the gateway loses events, is told how
 * many, and costs no more than its backlog.
 */
import { sseBacklogMax, sseClientsMax, sseKeepAliveMs } from '../../core/limits.js'
import type { GatewayEvent, Operations } from '../../ports/operations.js'

export interface EventHub {
  /**
   * A stream of `text/event-stream` with the events that the reader may hear, or `undefined` where as
   * many as may already listen.
   */
  open(hears: (event: GatewayEvent) => boolean): ReadableStream<Uint8Array> | undefined
  /** Ends every stream. */
  close(): void
}

interface Reader {
  hears(event: GatewayEvent): boolean
  offer(chunk: Uint8Array): void
  hasRoom(): boolean
  end(): void
}

const encoder = new TextEncoder()

export function eventHub(operations: Pick<Operations, 'watch'>): EventHub {
  const readers = new Set<Reader>()
  let unwatch: (() => void) | undefined
  let beat: NodeJS.Timeout | undefined

  const tell = (event: GatewayEvent): void => {
    let chunk: Uint8Array | undefined
    for (const reader of readers) {
      if (!reader.hears(event)) continue
      if (reader.hasRoom()) chunk ??= encoder.encode(`data: ${JSON.stringify(event)}\n\n`)
      reader.offer(chunk ?? nothing)
    }
  }
  const arrive = (reader: Reader): void => {
    readers.add(reader)
    unwatch ??= operations.watch(tell)
    // A comment keeps proxies from closing a silent stream, and finds readers that are gone.
    beat ??= setInterval(() => {
      for (const each of readers) each.offer(keepAlive)
    }, sseKeepAliveMs).unref()
  }
  const leave = (reader: Reader): void => {
    if (!readers.delete(reader) || readers.size > 0) return
    unwatch?.()
    clearInterval(beat)
    unwatch = undefined
    beat = undefined
  }
  return {
    open: (hears) => (readers.size < sseClientsMax ? streamOf(hears, arrive, leave) : undefined),
    close: () => {
      for (const reader of [...readers]) reader.end()
    },
  }
}

const keepAlive = encoder.encode(': still here\n\n')
const nothing = new Uint8Array(0)

function streamOf(
  hears: (event: GatewayEvent) => boolean,
  arrive: (reader: Reader) => void,
  leave: (reader: Reader) => void,
): ReadableStream<Uint8Array> {
  let reader: Reader
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        reader = readerOf(hears, controller, () => leave(reader))
        controller.enqueue(encoder.encode('retry: 2000\n: fieldproof events\n\n'))
        arrive(reader)
      },
      cancel: () => leave(reader),
    },
    { highWaterMark: sseBacklogMax },
  )
}

/** The stream's own queue is the backlog; what does not fit is counted and said when there is room. */
function readerOf(
  hears: (event: GatewayEvent) => boolean,
  controller: ReadableStreamDefaultController<Uint8Array>,
  onEnd: () => void,
): Reader {
  let missed = 0
  const hasRoom = (): boolean => (controller.desiredSize ?? 0) > 1
  return {
    hears,
    hasRoom,
    offer: (chunk) => {
      if (!hasRoom()) missed += 1
      else {
        if (missed > 0)
          controller.enqueue(encoder.encode(`event: missed\ndata: {"events":${missed}}\n\n`))
        missed = 0
        controller.enqueue(chunk)
      }
    },
    end: () => {
      onEnd()
      controller.close()
    },
  }
}
