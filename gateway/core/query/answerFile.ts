/** The text of an answer file: one answer, a JSON list of its pages, or a line of JSON for each. */
import { answerFileCharsMax } from '../limits.js'
import { hasFieldTwice } from '../proof/shape.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Answer, readAnswer } from './answer.js'

/** Whether a text is meant as an answer to a query, whatever it says. */
export function isAnswerText(text: string): boolean {
  const values = valuesOf(text)
  if (!values.ok) return false
  const [first] = values.value
  return typeof first === 'object' && first !== null && 'ok' in first
}

/** The pages of the file, at least one; `malformed` where one of them has not its form. */
export function parseAnswerFile(text: string): Result<Answer[]> {
  const values = valuesOf(text)
  if (!values.ok) return values
  const answers: Answer[] = []
  for (const [i, value] of values.value.entries()) {
    const answer = readAnswer(value)
    const where = values.value.length > 1 ? `page ${i + 1}: ` : ''
    if (!answer.ok) return refuse(answer.reason, `${where}${answer.detail}`)
    answers.push(answer.value)
  }
  return answers.length > 0 ? accept(answers) : refuse('malformed', 'the file has no answer')
}

function valuesOf(text: string): Result<readonly unknown[]> {
  if (text.length > answerFileCharsMax) return refuse('malformed', 'the file is too long')
  const whole = parse(text)
  if (whole.ok) return accept(Array.isArray(whole.value) ? whole.value : [whole.value])
  const values: unknown[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const value = parse(line)
    if (!value.ok) return values.length > 0 ? value : whole
    values.push(value.value)
  }
  return accept(values)
}

function parse(text: string): Result<unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'the file is not JSON')
  }
  return hasFieldTwice(text, value)
    ? refuse('malformed', 'the file has a field twice')
    : accept(value)
}
