/** What the server's refusals mean: points that it never takes, or a condition that may pass. */
import { messageOf } from '../../core/failure.js'

/** Points outside the retention policy: all others of the request are stored, these had their time. */
export function isExpired(words: string): boolean {
  return words.startsWith('partial write: points beyond retention policy')
}

/** Whether the server says that it dropped all `count` points of a request. */
export function droppedAll(words: string, count: number): boolean {
  return words.startsWith('partial write:') && words.endsWith(` dropped=${count}`)
}

/**
 * The server's words where it refuses some points of a write for ever; `undefined` for any other
 * failure. Only words that speak of points count: a proxy's 400 must not empty the journal into the
 * dead letters.
 */
export function refusalOf(error: unknown): string | undefined {
  const answer = answerOf(error)
  if (answer === undefined || (answer.status !== 400 && answer.status !== 413)) return undefined
  const { words } = answer
  return /^(partial write|unable to parse|field type conflict)/.test(words) ? words : undefined
}

/** One line for people about a call that failed. */
export function whyUnavailable(error: unknown): string {
  const answer = answerOf(error)
  if (answer?.status === 401 || answer?.status === 403) {
    return `it refuses the user or password of store.url (${answer.words})`
  }
  if (answer !== undefined) return `${answer.status} ${answer.words}`
  return messageOf(error) || 'no connection'
}

/** The client's RequestError, which it does not export: an error with the response in it. */
function answerOf(error: unknown): { status: number; words: string } | undefined {
  if (!(error instanceof Error) || !('res' in error)) return undefined
  const { statusCode } = error.res as { statusCode?: number }
  if (statusCode === undefined) return undefined
  const body = error.message.slice(error.message.indexOf(': ') + 2).trim()
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null && 'error' in parsed)
      return { status: statusCode, words: String(parsed.error) }
  } catch {
    // Not the server's own answer; its text says what it is.
  }
  return { status: statusCode, words: body.slice(0, 200) }
}
