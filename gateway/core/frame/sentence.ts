/**
 * Serial sentences (PROTOCOL 4): `$FP<type>,<field>,...*<CRC>` CR LF. What stands before the last
 * `$FP` of a line is the board's own log, shown and never an error.
 */
import { sentenceCharsMax } from '../limits.js'
import { crc16Text } from './crc16.js'
import { hasForm, lineNumberOf } from './grammar.js'

/** What a line turned out to be. */
export type Line =
  /** No sentence in it. */
  | { kind: 'log'; text: string }
  | { kind: 'sentence'; type: string; fields: string[]; log: string }
  /** A sentence that is damaged (`crc`) or not of its form (`frame`). */
  | {
      kind: 'bad'
      reason: 'frame' | 'crc'
      /** Type and line number as far as they can be read: only with `ls` can it be answered. */
      type?: string
      ls?: number
      log: string
    }

const start = '$FP'
const checkForm = /^\*[0-9A-F]{4}$/
const typeForm = /^[A-Z]{2}\??$/
const bodyForm = /^[!-~]*$/

/** The line of a sentence, with its check value and CRLF. Fields hold no `,`, `*`, `$` or space. */
export function formatSentence(type: string, fields: readonly string[]): string {
  const body = `FP${[type, ...fields].join(',')}`
  return `$${body}*${crc16Text(body)}\r\n`
}

/** Reads one line, without its line end. Control characters of the log part are made visible. */
export function parseLine(line: string): Line {
  const at = line.lastIndexOf(start)
  if (at < 0) return { kind: 'log', text: printable(line) }
  const log = printable(line.slice(0, at))
  const sentence = line.slice(at)
  const body = sentence.slice(1, -5)
  const check = sentence.slice(-5)
  const [head, ...fields] = body.split(',')
  const type = head!.slice(2)
  if (sentence.length > sentenceCharsMax || !checkForm.test(check))
    return bad('frame', sentence.slice(1), log)
  if (crc16Text(body) !== check.slice(1)) return bad('crc', body, log)
  if (!isBody(body) || !typeForm.test(type) || !hasForm(type, fields))
    return bad('frame', body, log)
  return { kind: 'sentence', type, fields, log }
}

/** Printable ASCII without a second start or check mark: what a CRC over ASCII can vouch for. */
function isBody(body: string): boolean {
  return bodyForm.test(body) && !/[$*]/.test(body)
}

function bad(reason: 'frame' | 'crc', body: string, log: string): Line {
  const [head, ...fields] = body.split(',')
  const type = head!.slice(2)
  const ls = lineNumberOf(type, fields)
  return {
    kind: 'bad',
    reason,
    ...(typeForm.test(type) ? { type } : {}),
    ...(ls === undefined ? {} : { ls }),
    log,
  }
}

/**
 * A board's log goes to terminals and pages: no control characters, so no escape sequences, and no
 * format characters, so no text that runs backwards. Tabs stay.
 */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (found) => (found === '\t' ? found : '\ufffd'))
}
