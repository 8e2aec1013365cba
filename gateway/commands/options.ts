/** Options that several commands share. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config/schema.js'
import { parseAddress } from '../core/device/address.js'
import { parseInstant } from '../core/time.js'

export interface CommonOptions {
  config?: string
  dataDir?: string
}

/** Adds `--config` and `--data-dir`. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: fieldproof.yaml, if it is here)')
    .option('-d, --data-dir <folder>', 'data directory of the gateway')
}

/**
 * The configuration behind a command line; `flags` by dotted path win over everything. Rejects with
 * Failure('config') or ('usage').
 */
export async function configOf(
  options: CommonOptions,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  // Loaded here, so that `--help` does not wait for the schema.
  const { loadConfig } = await import('../config.js')
  return loadConfig({
    file: options.config,
    env: process.env,
    flags: { dataDir: options.dataDir, ...flags },
  })
}

/** A whole number from 0; for commander's argument parsing. */
export function wholeArgument(text: string): number {
  const value = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Expected a whole number.')
  return value
}

/** Unix seconds of `2026-11-21T00:00:00Z`, `2026-11-21`, or of a number; for commander. */
export function timeArgument(text: string): number {
  const value = /^[0-9]{1,12}$/.test(text)
    ? Number(text)
    : parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (value === undefined)
    throw new InvalidArgumentError('Expected a time in UTC such as 2026-11-21T00:00:00Z.')
  return value
}

/** A device id; for commander. */
export function deviceArgument(text: string): string {
  if (!/^[a-z2-7]{13}$/.test(text))
    throw new InvalidArgumentError('Expected a device id of 13 characters, a-z and 2-7.')
  return text
}

/** A TCP port; for commander. */
export function portArgument(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidArgumentError('Expected a port from 0 to 65535.')
  return port
}

/** An account or a contract, as EIP-55 writes it; for commander. */
export function addressArgument(text: string): string {
  const address = parseAddress(text)
  if (address !== undefined) return address
  throw new InvalidArgumentError(
    'Expected 0x and 40 hexadecimal digits, in one case or with the right checksum (EIP-55).',
  )
}
