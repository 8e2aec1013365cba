/** Options that the sub-commands of `fieldproof query` share. */
import { type Command, InvalidArgumentError } from 'commander'
import { isLabel } from '../../core/privacy/rowKey.js'
import { isWindowStep } from '../../core/privacy/windows.js'
import { parseDuration } from '../../core/time.js'
import { addCommonOptions } from '../options.js'
import type { BuyerTargetOptions } from './target.js'

export interface QueryOptions extends BuyerTargetOptions {
  gateway?: string
  json?: boolean
}

export interface PlaceOptions extends QueryOptions {
  metric?: string
  cells?: readonly string[]
  step?: string
}

/** `--url`, `--network`, `--buyer`, `--token-file`, `--json`, and where the gateway's data are. */
export function addBuyerOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option('--url <url>', 'MQTT broker (default: that of the gateway in the data directory)')
      .option('--network <name>', 'network of the gateway (default: that of the configuration)')
      .option('--buyer <name>', 'your name; your token is in FIELDPROOF_TOKEN')
      .option('--token-file <file>', 'file that holds your token')
      .option('--json', 'print what the gateway answered'),
  )
}

/** `--metric`, `--cells`, `--step`. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--metric <name>', 'metric, such as pm25')
    .option(
      '--cells <list>',
      'H3 cells, with commas between them; all: those of the catalogue',
      cellsArgument,
    )
    .option(
      '--step <duration>',
      'length of the windows, such as PT1H (default: the catalogue’s)',
      stepArgument,
    )
}

/** For commander. */
export function cellsArgument(text: string): readonly string[] {
  if (text === 'all') return []
  const cells = text.split(',')
  const wrong = cells.find((cell) => !isLabel(cell))
  if (wrong === undefined) return cells
  throw new InvalidArgumentError(`${wrong} is no H3 cell of resolution 3 to 7.`)
}

/** For commander. */
export function stepArgument(text: string): string {
  const step = parseDuration(text)
  if (step !== undefined && isWindowStep(step)) return text
  throw new InvalidArgumentError('Expected PT1M, PT15M, PT1H, PT6H or P1D.')
}

/** For commander. */
export function dayArgument(text: string): string {
  const time = Date.parse(`${text}T00:00:00Z`)
  if (/^\d{4}-\d\d-\d\d$/.test(text) && new Date(time).toISOString().startsWith(text)) return text
  throw new InvalidArgumentError('Expected a UTC day such as 2026-11-21.')
}
