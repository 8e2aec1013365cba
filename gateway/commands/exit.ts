/** How a command ends: exit codes of PROTOCOL 10, and what a person reads when it fails. */
import { Failure, type FailureCode, messageOf } from '../core/failure.js'

const codes: Readonly<Record<FailureCode, number>> = {
  check: 1,
  usage: 2,
  unavailable: 69,
  data: 73,
  permission: 77,
  config: 78,
}

/** The exit code of what a command threw; a defect is 70 (EX_SOFTWARE). */
export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? codes[error.code] : 70
}

/** Says on standard error what went wrong and what to do; of a defect also where. */
export function report(error: unknown): void {
  if (error instanceof Failure) process.stderr.write(`fieldproof: ${error.message}\n`)
  else {
    const stack = error instanceof Error ? error.stack : undefined
    process.stderr.write(`fieldproof: this is a defect: ${stack ?? messageOf(error)}\n`)
  }
}
