/** The program's own log, on standard error: JSON lines, or text for people in a terminal. */
import { createRequire } from 'node:module'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { stripControls } from './text.js'

/** Says a text, or a text with facts; the fact `part` names the part of the program. */
type Say = (
  ...said: [text: string] | [facts: Readonly<Record<string, unknown>>, text: string]
) => void

export type Logger = Readonly<Record<'debug' | 'info' | 'warn' | 'error', Say>>

/** A logger whose level can change while it runs. */
export type AdjustableLogger = Logger & { setLevel(level: LogOptions['level']): void }

export interface LogOptions {
  level: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** `auto`: text where standard error is a terminal. */
  format: 'auto' | 'text' | 'json'
  /** Colours in text; the caller has looked at NO_COLOR. */
  colour?: boolean
  /** Where lines go; standard error where absent. */
  write?: (line: string) => void
}

/**
 * Writes synchronously: what was said before a crash is on the screen. Passwords and tokens are
 * blotted out wherever they stand. The library is loaded with the first line: most starts have none.
 */
export function createLogger(options: LogOptions): AdjustableLogger {
  let logger: PinoLogger | undefined
  let { level: least } = options
  const sayAt =
    (level: keyof Logger): Say =>
    (...said) => {
      logger ??= openLogger({ ...options, level: least })
      if (said.length === 1) logger[level](said[0])
      else logger[level](...said)
    }
  return {
    debug: sayAt('debug'),
    info: sayAt('info'),
    warn: sayAt('warn'),
    error: sayAt('error'),
    setLevel(level) {
      least = level
      if (logger !== undefined) logger.level = level
    },
  }
}

function openLogger(options: LogOptions): PinoLogger {
  const { destination, pino }: typeof import('pino') = createRequire(import.meta.url)('pino')
  const asText =
    options.format === 'text' || (options.format === 'auto' && process.stderr.isTTY === true)
  const standardError = (): ((line: string) => void) => {
    const stream = destination({ dest: 2, sync: true })
    return (line) => stream.write(line)
  }
  const out = options.write ?? standardError()
  const stream: DestinationStream = asText
    ? { write: (line) => out(asLine(line, options.colour === true)) }
    : { write: out }
  return pino(
    {
      level: options.level,
      base: null,
      redact: {
        paths: ['password', 'token', 'authorization', '*.password', '*.token', '*.authorization'],
        censor: '(hidden)',
      },
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
}

const colours: Readonly<Record<string, string>> = { warn: '33', error: '31', fatal: '31' }

/** `12:04:05 warn  serial: no answer from /dev/ttyUSB0 (tries=3)` */
function asLine(json: string, colour: boolean): string {
  const { level, time, part, msg, ...rest } = JSON.parse(json) as Record<string, unknown>
  const label = String(level).padEnd(5)
  const code = colours[String(level)]
  const shown = colour && code !== undefined ? `\u001b[${code}m${label}\u001b[0m` : label
  const details = Object.entries(rest).map(([name, value]) => `${name}=${detail(value)}`)
  const tail = details.length === 0 ? '' : ` (${details.join(' ')})`
  const from = part === undefined ? '' : `${stripControls(String(part))}: `
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  return `${clock} ${shown} ${from}${stripControls(String(msg ?? ''))}${tail}\n`
}

function detail(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value)
    return stripControls(String(value.message))
  return stripControls(typeof value === 'string' ? value : JSON.stringify(value))
}
