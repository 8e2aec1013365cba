import { Command } from 'commander'
import type { Config } from '../config/schema.js'
import { Failure } from '../core/failure.js'
import type { Finding } from './doctor/finding.js'
import { checkMachine } from './doctor/machine.js'
import { checkNetwork } from './doctor/network.js'
import { checkSerial } from './doctor/serial.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { paint, print, printJson } from './output.js'

/** `fieldproof doctor`: what stands in the way of a start, each with its remedy. */
export function doctorCommand(): Command {
  const command = new Command('doctor').option('--json', 'print the findings as JSON').addHelpText(
    'after',
    `
Exit code 1 where something must be mended; a warning is 0.

Examples:
  fieldproof doctor
  fieldproof doctor --json | jq '.[] | select(.result != "ok")'`,
  )
  return addCommonOptions(command).action(run)
}

async function run(options: CommonOptions & { json?: boolean }): Promise<void> {
  const findings = await examine(await configOf(options))
  if (options.json) printJson(findings)
  else for (const finding of findings) show(finding)
  const bad = findings.filter(({ result }) => result === 'bad')
  if (bad.length > 0)
    throw new Failure('check', `to mend: ${bad.map(({ subject }) => subject).join(', ')}`)
}

/** Every finding, in the order in which a start would meet it. */
export async function examine(config: Config): Promise<Finding[]> {
  return [
    ...(await checkMachine(config, Date.now())),
    ...(await checkNetwork(config)),
    ...(await checkSerial(config)),
  ]
}

const marks = {
  ok: paint('green', 'ok  '),
  warning: paint('yellow', 'warn'),
  bad: paint('red', 'BAD '),
}

function show({ result, subject, detail, remedy }: Finding): void {
  print(`${marks[result]}  ${subject.padEnd(14)}  ${detail}`)
  if (remedy !== undefined) print(`${' '.repeat(22)}> ${remedy}`)
}
