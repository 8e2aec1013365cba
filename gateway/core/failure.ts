/**
 * The one class for operating failures: something outside the program does not work now. Bad input
 * is a `Result`, a bug is a failed `assert`; neither is a Failure.
 */
export type FailureCode =
  /** Something needed is unreachable; try again later (exit code 69). */
  | 'unavailable'
  /** The data directory is unusable, locked or corrupt (exit code 73). */
  | 'data'
  /** The operating system refuses permission (exit code 77). */
  | 'permission'
  /** The configuration is wrong (exit code 78). */
  | 'config'
  /** The command line is wrong (exit code 2). */
  | 'usage'
  /** A check or a verification failed (exit code 1). */
  | 'check'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  /** `message` says what happened and what to do next. */
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A bug is a crash: throws where `condition` does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
