/**
 * A text from outside (a board's log, a topic, a file name) for one line of a terminal: control
 * characters, which could move its cursor or forge lines, become `?`.
 */
export function stripControls(text: string): string {
  return text.replace(/\p{C}/gu, '?')
}
