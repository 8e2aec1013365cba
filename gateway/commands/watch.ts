import { Command } from 'commander'
import { openProgress, type Progress } from '../../simulator/progress.js'
import { stripControls } from '../adapters/system/text.js'
import { Failure } from '../core/failure.js'
import { watchRetryMs, watchStatusMs } from '../core/limits.js'
import type { GatewayEvent, StatusView } from '../ports/operations.js'
import { connectGateway, type GatewayClient } from './client.js'
import { livePrinter } from './live.js'
import { addCommonOptions, type CommonOptions } from './options.js'
import { print } from './output.js'
import { untilAsked } from './signals.js'

interface WatchOptions extends CommonOptions {
  json?: boolean
}

/** `fieldproof watch`: what the running gateway does, line by line, until Ctrl-C. */
export function watchCommand(): Command {
  const command = new Command('watch')
    .option('--json', 'print each event as one line of JSON')
    .addHelpText(
      'after',
      `
Values are raw: they are shown to the operator of this data directory alone. In a terminal the last
line is the state of the gateway. A gateway that is started again is found again.

Examples:
  fieldproof watch
  fieldproof watch --json | jq 'select(.type == "refusal")'`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: WatchOptions): Promise<void> {
  // A gateway that was never there is an error; one that goes away is waited for.
  const gateway = await connectGateway(options)
  const ending = new AbortController()
  const asked = untilAsked().then(() => ending.abort())
  const progress = openProgress({
    out: process.stderr.isTTY ? process.stderr : { write: () => undefined },
    env: process.env,
    now: () => performance.now(),
  })
  const show = options.json ? undefined : livePrinter((text) => line(progress, text))
  const tell = (event: GatewayEvent): void => {
    if (show === undefined) print(JSON.stringify(event))
    else show.listener(event)
  }
  const ticker = setInterval(() => void showState(gateway, progress), watchStatusMs)
  try {
    await Promise.race([follow(options, tell, progress, ending.signal), asked])
  } finally {
    clearInterval(ticker)
    ending.abort()
    show?.stop()
    progress.end()
  }
}

/** Events for ever, over as many lives of the gateway as there are. */
async function follow(
  options: WatchOptions,
  tell: (event: GatewayEvent) => void,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let isLost = false
  while (!signal.aborted) {
    try {
      const gateway = await connectGateway(options)
      const stream = await gateway.stream('/api/events', signal)
      if (isLost) progress.note('the gateway is back')
      isLost = false
      for await (const event of eventsOf(stream)) tell(event)
    } catch (error) {
      if (signal.aborted) return
      const isAway = !(error instanceof Failure) || error.code === 'unavailable'
      if (!isAway) throw error
    }
    if (!isLost) progress.note('the gateway is gone; waiting for it')
    isLost = true
    await new Promise((resolve) => setTimeout(resolve, watchRetryMs))
  }
}

/** Events of a `text/event-stream`; what is no event of the gateway is left out. */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<GatewayEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const data = /^data: (\{"type":.*\})$/m.exec(part)?.[1]
      if (data !== undefined) yield JSON.parse(data) as GatewayEvent
    }
  }
}

/** Above the line of the state, where there is one. */
function line(progress: Progress, text: string): void {
  if (process.stderr.isTTY) progress.note(text)
  else print(text)
}

async function showState(gateway: GatewayClient, progress: Progress): Promise<void> {
  const status = await gateway.get<StatusView>('/api/status').catch(() => undefined)
  if (status !== undefined) progress.update(undefined, stateLine(status))
}

function stateLine({ counters, log, store, degraded }: StatusView): string {
  const refused = Object.values(counters.refused).reduce((sum, count) => sum + count, 0)
  return stripControls(
    [
      `${counters.rate.toFixed(1)}/s`,
      `${counters.accepted} accepted`,
      `${refused} refused`,
      `${log.size} entries`,
      store.lagRecords === 0 ? 'store up to date' : `store ${store.lagRecords} behind`,
      ...(degraded.length === 0 ? [] : [`degraded: ${degraded[0]}`]),
    ].join('  '),
  )
}
