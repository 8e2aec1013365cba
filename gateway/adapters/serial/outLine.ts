import { assert } from '../../core/failure.js'
import { formatSentence } from '../../core/frame/sentence.js'
import { lineCharsMax } from '../../core/limits.js'

/** A line to a board with its CRLF. What the gateway sends is short; a longer line is a bug. */
export function outLine(type: string, ...fields: string[]): string {
  const line = formatSentence(type, fields)
  assert(line.length <= lineCharsMax, `$FP${type} of ${line.length} characters`)
  return line
}
