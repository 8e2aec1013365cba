/** Readings, verdicts and checkpoints as lines in the terminal, as they happen. */
import { stripControls } from '../adapters/system/text.js'
import type { GatewayEvent } from '../ports/operations.js'
import { paint } from './output.js'

/** More lines than this in a second cannot be read: the rest is counted and said in one. */
const linesPerSecondMax = 12

/** A listener that prints events; `stop` says what was left out and ends it. */
export function livePrinter(print: (text: string) => void): {
  listener(event: GatewayEvent): void
  stop(): void
} {
  let lines = 0
  let omitted = 0
  function turn(): void {
    if (omitted > 0) print(paint('dim', `         ... and ${omitted} more`))
    lines = 0
    omitted = 0
  }
  const timer = setInterval(turn, 1_000)
  return {
    listener(event) {
      const isRare = event.type !== 'reading'
      if (lines >= linesPerSecondMax && !isRare) {
        omitted++
        return
      }
      lines++
      print(lineOf(event))
    },
    stop() {
      clearInterval(timer)
      turn()
    },
  }
}

/** One line for one event. */
export function lineOf(event: GatewayEvent): string {
  const time = paint('dim', new Date(event.atMs).toTimeString().slice(0, 8))
  switch (event.type) {
    case 'reading': {
      const values = event.values.map(({ metric, value, unit }) => `${metric} ${value} ${unit}`)
      const mark = paint('green', 'accepted')
      return `${time} ${mark}   ${event.device} #${event.seq}  ${values.join(', ')}`
    }
    case 'refusal':
      return `${time} ${paint('red', 'refused')}    ${event.device ?? 'unknown sender'}  ${event.reason} (${event.transport})`
    case 'checkpoint':
      return `${time} ${paint('yellow', 'checkpoint')} ${event.size} entries, root ${event.root.slice(0, 16)}...`
    case 'epoch':
      return `${time} ${paint('yellow', 'epoch')}      ${event.n} is closed: ${event.devices} devices, ${event.paid} base units paid`
    case 'device':
      return `${time} ${paint('yellow', 'device')}     ${event.device} is ${event.state}`
    case 'note':
      return `${time} ${event.level.padEnd(10)} ${stripControls(`${event.source}: ${event.text}`)}`
  }
}
