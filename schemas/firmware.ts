/** The C header of the firmware library, from the same sources as the gateway's tables and limits. */
import {
  absoluteTimeMin,
  decimalExponentMin,
  enrolNonceBytesMax,
  firmwareCharsMax,
  intervalSecMax,
  intervalSecMin,
  lineCharsMax,
  messageBytesMax,
  modelBytesMax,
  offsetSecMax,
  recordsMax,
  serialMessageBytesMax,
} from '../gateway/core/limits.js'
import type { MetricRow, ReasonRow } from './pages.js'

/** A row of labels.json: an integer label of COSE, SenML, or of the claims in a payload. */
export interface LabelRow {
  group: string
  name: string
  label: number
}

const limits: readonly (readonly [name: string, value: number, about: string])[] = [
  ['MESSAGE_BYTES_MAX', messageBytesMax, 'a signed message'],
  ['SERIAL_MESSAGE_BYTES_MAX', serialMessageBytesMax, 'a signed message on a serial line'],
  ['LINE_CHARS_MAX', lineCharsMax, 'a serial line from $ to CR LF'],
  ['RECORDS_MAX', recordsMax, 'values in one message'],
  ['EXPONENT_MIN', decimalExponentMin, 'decimals of a value, negative'],
  ['OFFSET_SEC_MAX', offsetSecMax, 'between the times of two values of a message'],
  ['TIME_SEC_MIN', absoluteTimeMin, 'times below are relative in SenML'],
  ['MODEL_CHARS_MAX', modelBytesMax, 'name of the board'],
  ['FIRMWARE_CHARS_MAX', firmwareCharsMax, 'name, and version, of the firmware'],
  ['NONCE_BYTES_MAX', enrolNonceBytesMax, 'nonce of an enrolment'],
  ['INTERVAL_SEC_MIN', intervalSecMin, 'between two readings'],
  ['INTERVAL_SEC_MAX', intervalSecMax, 'between two readings'],
]

/** The text of fp_tables.h. Lists are X-macros: each user takes the columns that it needs. */
export function firmwareHeader(
  metrics: readonly MetricRow[],
  reasons: readonly ReasonRow[],
  labels: readonly LabelRow[],
): string {
  return [
    '/* Generated from schemas/ by schemas/firmware.ts; edit the sources, then `npm run generate`. */',
    '#ifndef FP_TABLES_H',
    '#define FP_TABLES_H',
    '',
    '/* Limits (gateway/core/limits.ts). */',
    ...limits.map(([name, value, about]) => `#define FP_${name} ${cInteger(value)} /* ${about} */`),
    '',
    '/* Labels of headers, records and claims (labels.json). */',
    ...labels.map(
      ({ group, name, label }) =>
        `#define FP_${group.toUpperCase()}_${name.toUpperCase()} ${cInteger(label)}`,
    ),
    '',
    '/* Metrics (metrics.json): X(name, wire name, unit, unit is a secondary one, decimals). */',
    ...list('FP_METRICS', metrics, ({ name, wire, unit, secondary, decimals }) => {
      const columns = [name.toUpperCase(), text(wire), text(unit), secondary ? 1 : 0, decimals]
      return `X(${columns.join(', ')})`
    }),
    '',
    '/* Reasons of a refusal (reasons.json): X(code, 1 where the message is sent again). */',
    ...list(
      'FP_REASONS',
      reasons,
      ({ code, retry }) => `X(${[text(code), retry ? 1 : 0].join(', ')})`,
    ),
    '',
    '#endif\n',
  ].join('\n')
}

function list<T>(name: string, rows: readonly T[], of: (row: T) => string): string[] {
  const last = rows.length - 1
  return [
    `#define ${name}(X) \\`,
    ...rows.map((row, i) => `    ${of(row)}${i === last ? '' : ' \\'}`),
  ]
}

/** A literal that is right where int has 16 bits. */
function cInteger(n: number): string {
  const digits = Math.abs(n) > 32_767 ? `${n}L` : `${n}`
  return n < 0 ? `(${digits})` : digits
}

function text(value: string): string {
  return JSON.stringify(value)
}
