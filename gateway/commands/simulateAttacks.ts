/** `fieldproof simulate --attack`: what could be tried against owners and buyers, and how it ends. */
import type { Outcome } from '../../simulator/attacks/attack.js'
import { Failure } from '../core/failure.js'
import type { CommonOptions } from './options.js'
import { paint, print, printJson } from './output.js'
import { findTarget, type TargetOptions } from './simulateTarget.js'

export interface AttackOptions extends CommonOptions, TargetOptions {
  seed: string
  json?: boolean
}

/**
 * Runs the attacks, or all of them, and prints how each ended; `process.exitCode` is 1 where one
 * worked. Rejects with Failure('usage') for a name that is none.
 */
export async function runAttackCommand(
  wanted: readonly string[],
  options: AttackOptions,
): Promise<void> {
  const { attackNames, attacks, needsGateway, runAttacks } = await import(
    '../../simulator/attacks/attacks.js'
  )
  const names = wanted.includes('all') ? attackNames : wanted
  const unknown = names.filter((name) => !Object.hasOwn(attacks, name))
  if (unknown.length > 0)
    throw new Failure(
      'usage',
      `no such attack: ${unknown.join(', ')}. There are:\n${list(attacks)}`,
    )
  const target = needsGateway(names) ? await wireTarget(options) : undefined
  const tell = (name: string): void => {
    process.stderr.write(`${name}: ${attacks[name]!.what}\n`)
  }
  const outcomes = await runAttacks(names, target, tell)
  if (options.json) printJson(outcomes)
  else for (const outcome of outcomes) print(lineOf(outcome))
  if (outcomes.some(({ held }) => !held)) process.exitCode = 1
}

async function wireTarget(options: AttackOptions) {
  const { network, mqttUrl, operator } = await findTarget(options, true)
  if (operator === undefined)
    throw new Failure('permission', 'attacks close epochs: name --data-dir, or --url and --token')
  // New devices each time: a key that was used has a past.
  return { network, mqttUrl: mqttUrl!, operator, seed: `${options.seed} ${Date.now()}` }
}

function lineOf({ attack, ending, by, detail, held }: Outcome): string {
  const mark = held ? paint('green', 'held') : paint('red', 'WORKED')
  return `${mark}  ${attack.padEnd(16)} ${ending}: ${by}\n      ${detail}`
}

function list(attacks: Readonly<Record<string, { what: string }>>): string {
  return Object.entries(attacks)
    .map(([name, { what }]) => `  ${name.padEnd(16)} ${what}`)
    .join('\n')
}
