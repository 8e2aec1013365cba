/** How a command line names what of a device may be sold, and shows it. */
import { type Command, InvalidArgumentError } from 'commander'
import type { ConsentChange, DeviceView } from '../ports/operations.js'
import { timeArgument, wholeArgument } from './options.js'

export interface ConsentOptions {
  sell?: 'all' | string[]
  sellResolution?: number
  signature?: string
  notAfter?: number
}

/** Adds `--sell`, `--sell-resolution` and the owner's signature. */
export function addConsentOptions(command: Command): Command {
  return command
    .option('--sell <metrics>', 'what may be sold: all, none, or names with commas', sellArgument)
    .option('--sell-resolution <r>', 'H3 resolution at which its place is told', wholeArgument)
    .option('--signature <hex>', 'the owner’s EIP-712 signature, where the gateway asks for it')
    .option('--not-after <time>', 'until when that signature is good', timeArgument)
}

/** The words for the gateway's API. */
export function consentChangeOf(options: ConsentOptions): ConsentChange {
  return {
    ...(options.sell !== undefined && { soldMetrics: options.sell }),
    ...(options.sellResolution !== undefined && { soldResolution: options.sellResolution }),
    ...(options.signature !== undefined && { signature: options.signature }),
    ...(options.notAfter !== undefined && { notAfter: options.notAfter }),
  }
}

/** What is sold of a device, and at which resolution: `noise,temperature at 6`. */
export function soldText({ soldMetrics, soldResolution }: DeviceView): string {
  if (soldMetrics === undefined || soldResolution === undefined) return ''
  if (soldMetrics.length === 0) return 'none'
  return `${soldMetrics.join(',')} at ${soldResolution}`
}

function sellArgument(text: string): 'all' | string[] {
  if (text === 'all') return 'all'
  if (text === 'none') return []
  const names = text.split(',')
  if (names.every((name) => /^[a-z0-9_]{1,32}$/.test(name))) return names
  throw new InvalidArgumentError('Expected all, none, or names such as temperature,noise.')
}
