/** Good readings at the edges of the profile, with what must be read from them. */
import { concat } from '../../gateway/core/bytes.js'
import { metrics } from '../../gateway/core/metric.js'
import { claims, header, message, record, vectorTime, withValue } from './message.js'
import { array, fraction, head, hex, int, tstr } from './raw.js'
import { packOfBytes } from './wholePack.js'

const bt: [number, Uint8Array] = [-3, int(vectorTime)]
const bver: [number, Uint8Array] = [-1, int(26)]
const largestSequence = Number.MAX_SAFE_INTEGER
/** Bytes around a payload whose length takes three bytes to say. */
const messageOverhead = message().length - withValue(hex('c4822018d7')).length + 2

/** Name and bytes; what they say is read back by the decoder and checked against an independent one. */
export const validMessages: readonly [string, Uint8Array][] = [
  ['integer value', message({ payload: withValue(int(21)) })],
  ['one decimal', message()],
  ['algorithm -19', message({ protectedBytes: header({ alg: int(-19) }) })],
  ['sequence 0', message({ protectedBytes: header({ claims: claims(0) }) })],
  ['sequence 255', message({ protectedBytes: header({ claims: claims(255) }) })],
  ['sequence 256', message({ protectedBytes: header({ claims: claims(256) }) })],
  ['sequence 2^53 - 1', message({ protectedBytes: header({ claims: claims(largestSequence) }) })],
  ['zero', message({ payload: withValue(int(0)) })],
  ['nine decimals', message({ payload: withValue(fraction(-9, 84_999_999_999)) })],
  ['negative decimal', message({ payload: withValue(fraction(-1, -399)) })],
  ['smallest temperature', message({ payload: withValue(int(-40)) })],
  ['largest temperature', message({ payload: withValue(int(85)) })],
  ['every metric at its smallest', message({ payload: everyMetric((metric) => metric.min) })],
  ['every metric at its largest', message({ payload: everyMetric((metric) => metric.max) })],
  [
    'name and unit from the base',
    message({ payload: array(record([2, int(20)], [-2, tstr('t')], bt, [-4, tstr('Cel')])) }),
  ],
  [
    'base name as prefix',
    message({
      payload: array(
        record([0, tstr('1')], [2, int(3)], bver, [-2, tstr('pm')], bt, [-4, tstr('ug/m3')]),
        record([0, tstr('25')], [2, int(5)]),
        record([0, tstr('10')], [2, int(7)]),
      ),
    }),
  ],
  [
    'base name and unit reset',
    message({
      payload: array(
        record([2, int(20)], [-2, tstr('t')], bt, [-4, tstr('Cel')]),
        record([2, int(55)], [-2, tstr('h')], [-4, tstr('%RH')]),
        record([0, tstr('lux')], [1, tstr('lx')], [2, int(900)], [-2, tstr('')]),
        record([0, tstr('h')], [2, int(56)], [6, int(60)]),
      ),
    }),
  ],
  [
    'same metric at two times',
    message({
      payload: array(
        record([0, tstr('t')], [1, tstr('Cel')], [2, int(20)], bt),
        record([0, tstr('t')], [1, tstr('Cel')], [2, int(20)], [6, int(60)]),
      ),
    }),
  ],
  [
    'largest offset back to now',
    message({
      payload: array(
        record(
          [0, tstr('t')],
          [1, tstr('Cel')],
          [2, int(20)],
          [6, int(604_800)],
          [-3, int(vectorTime - 604_740)],
        ),
      ),
    }),
  ],
  [
    'exactly 7 days old',
    message({
      payload: array(
        record(
          [0, tstr('t')],
          [1, tstr('Cel')],
          [2, int(20)],
          [-3, int(vectorTime + 60 - 604_800)],
        ),
      ),
    }),
  ],
  [
    'exactly 120 s ahead',
    message({
      payload: array(
        record([0, tstr('t')], [1, tstr('Cel')], [2, int(20)], [-3, int(vectorTime + 180)]),
      ),
    }),
  ],
  ['2,048 bytes in 64 records', message({ payload: packOfBytes(2048 - messageOverhead) })],
]

function everyMetric(value: (metric: (typeof metrics)[number]) => number): Uint8Array {
  const records = metrics.map((metric, i) =>
    record(
      [0, tstr(metric.wire)],
      [1, tstr(metric.unit)],
      [2, int(value(metric))],
      ...(i === 0 ? [bver, bt] : []),
    ),
  )
  return concat(head(4, records.length), ...records)
}
