/** Good signatures over deterministic CBOR that is not a pack of the profile: all `out-of-profile`. */
import { concat } from '../../gateway/core/bytes.js'
import { type Case, casesOf } from './case.js'
import { message, record, vectorTime, withValue } from './message.js'
import { array, bstr, fraction, head, hex, int, map, tag, tstr } from './raw.js'

type Pair = [label: number, value: Uint8Array]

const bt: Pair = [-3, int(vectorTime)]
const bver: Pair = [-1, int(26)]

/** A first record; pairs must come in the order of their encodings: 0, 1, 2, 6, -1, -2, -3, -4. */
function first(name: string, unit: string, value: Uint8Array, ...more: Pair[]): Uint8Array {
  return record([0, tstr(name)], [1, tstr(unit)], [2, value], ...more)
}

function one(name: string, unit: string, value: Uint8Array, ...more: Pair[]): Uint8Array {
  return array(first(name, unit, value, ...more))
}

/** 20 Cel at the base time, and one more record. */
function then(...pairs: Pair[]): Uint8Array {
  return array(first('t', 'Cel', int(20), bt), record(...pairs))
}

const t = tstr('t')
const cel = tstr('Cel')
const degrees20 = int(20)

const shapes: [string, Uint8Array][] = [
  ['empty pack', hex('80')],
  ['pack a map', record([0, t], [1, cel], [2, degrees20], bt)],
  ['pack an integer', int(20)],
  ['record an array', array(array(degrees20))],
  ['second record an integer', array(first('t', 'Cel', degrees20, bt), int(1))],
  [
    '65 records',
    concat(
      head(4, 65),
      first('t', 'Cel', degrees20, bt),
      ...Array.from({ length: 64 }, (_, i) =>
        record([0, t], [1, cel], [2, degrees20], [6, int(-1 - i)]),
      ),
    ),
  ],
  ['record empty', array(map())],
  ['unknown label 9', one('t', 'Cel', degrees20, [9, int(1)], bt)],
  [
    'label as text',
    array(map(int(0), t, int(1), cel, int(2), int(20), int(-3), int(vectorTime), tstr('n_'), t)),
  ],
  [
    'label as bytes',
    array(
      map(int(0), t, int(1), cel, int(2), int(20), int(-3), int(vectorTime), bstr(hex('00')), t),
    ),
  ],
]

const bases: [string, Uint8Array][] = [
  ['no base time', one('t', 'Cel', degrees20)],
  ['base time as text', one('t', 'Cel', degrees20, [-3, tstr('now')])],
  ['base time a decimal fraction', one('t', 'Cel', degrees20, [-3, fraction(-1, 17_620_000_005)])],
  ['base time in the second record', then([0, t], [1, cel], [2, int(21)], [6, int(1)], bt)],
  [
    'base version in the second record',
    then([0, tstr('co2')], [1, tstr('ppm')], [2, int(400)], bver),
  ],
  ['base version 10', one('t', 'Cel', degrees20, [-1, int(10)], bt)],
  ['base version 27 with a secondary unit', one('co2', 'ppm', int(400), [-1, int(27)], bt)],
  ['base version missing for ppm', one('co2', 'ppm', int(400), bt)],
  ['base version missing for ug/m3', one('pm25', 'ug/m3', int(12), bt)],
  ['base version missing for mm', one('rn', 'mm', int(1), bt)],
  [
    'base version missing, secondary unit in the second record',
    then([0, tstr('pm10')], [1, tstr('ug/m3')], [2, int(9)]),
  ],
  ['base version without a secondary unit', one('t', 'Cel', degrees20, bver, bt)],
  ['base name as integer', array(record([1, cel], [2, degrees20], [-2, int(1)], bt))],
  ['base unit as integer', array(record([0, t], [1, cel], [2, degrees20], bt, [-4, int(1)]))],
  [
    'base name makes the name unknown',
    array(record([0, t], [1, cel], [2, degrees20], [-2, t], bt)),
  ],
  [
    'base name stays for the second record',
    array(
      record([0, tstr('m1')], [1, tstr('ug/m3')], [2, int(9)], bver, [-2, tstr('p')], bt),
      record([0, t], [1, cel], [2, degrees20]),
    ),
  ],
  ['base value', one('t', 'Cel', degrees20, bt, [-5, int(1)])],
  ['base sum', one('t', 'Cel', degrees20, bt, [-6, int(1)])],
]

const names: [string, Uint8Array][] = [
  ['unknown metric', one('radon', 'Bq/m3', degrees20, bt)],
  ['metric by its long name', one('temperature', 'Cel', degrees20, bt)],
  ['metric in upper case', one('T', 'Cel', degrees20, bt)],
  ['name empty', one('', 'Cel', degrees20, bt)],
  ['name missing', array(record([1, cel], [2, degrees20], bt))],
  ['name as integer', array(record([0, int(0)], [1, cel], [2, degrees20], bt))],
  ['name __proto__', one('__proto__', 'Cel', degrees20, bt)],
  ['name urn:dev', one('urn:dev:ow:10e2073a01080063:t', 'Cel', degrees20, bt)],
  ['unit F', one('t', 'F', degrees20, bt)],
  ['unit C', one('t', 'C', degrees20, bt)],
  ['unit K', one('t', 'K', int(295), bt)],
  ['unit of another metric', one('t', '%RH', degrees20, bt)],
  ['unit with a micro sign', one('pm25', '\u00b5g/m3', int(12), bver, bt)],
  ['unit missing', array(record([0, t], [2, degrees20], bt))],
  ['unit empty', one('t', '', degrees20, bt)],
  ['unit as integer', array(record([0, t], [1, int(1)], [2, degrees20], bt))],
  ['base unit of another metric', array(record([0, t], [2, degrees20], bt, [-4, tstr('Pa')]))],
]

const values: [string, Uint8Array][] = [
  ['no value', array(record([0, t], [1, cel], bt))],
  ['text value instead', array(record([0, t], [1, cel], [3, tstr('20')], bt))],
  ['value and text value', one('t', 'Cel', degrees20, [3, tstr('20')], bt)],
  ['value and sum', one('t', 'Cel', degrees20, [5, int(20)], bt)],
  ['value and data value', one('t', 'Cel', degrees20, [8, bstr(hex('14'))], bt)],
  ['update time', one('t', 'Cel', degrees20, [7, int(60)], bt)],
  ['value as text', withValue(tstr('20'))],
  ['value as bytes', withValue(bstr(hex('14')))],
  ['value as array', withValue(array(int(-1), int(215)))],
  ['value as map', withValue(map())],
  ['mantissa divisible by ten', withValue(fraction(-1, 210))],
  ['mantissa zero', withValue(fraction(-1, 0))],
  ['exponent zero', withValue(fraction(0, 21))],
  ['exponent one', withValue(fraction(1, 2))],
  ['exponent -10', withValue(fraction(-10, 215_000_000_001))],
  ['exponent -2^53 + 1', withValue(fraction(-Number.MAX_SAFE_INTEGER, 215))],
  ['fraction of one part', withValue(tag(4, array(int(-1))))],
  ['fraction of three parts', withValue(tag(4, array(int(-1), int(215), int(0))))],
  ['fraction of an integer', withValue(tag(4, int(215)))],
  ['fraction of a map', withValue(tag(4, map(int(-1), int(215))))],
  ['fraction with a text exponent', withValue(tag(4, array(tstr('-1'), int(215))))],
  ['fraction in a fraction', withValue(tag(4, tag(4, int(5))))],
  ['temperature 86', withValue(int(86))],
  ['temperature 85.1', withValue(fraction(-1, 851))],
  ['temperature 85.000000001', withValue(fraction(-9, 85_000_000_001))],
  ['temperature -40.000000001', withValue(fraction(-9, -40_000_000_001))],
  ['temperature 2^53 - 1', withValue(int(Number.MAX_SAFE_INTEGER))],
  ['humidity -1', one('h', '%RH', int(-1), bt)],
  ['humidity -0.1', one('h', '%RH', fraction(-1, -1), bt)],
  ['humidity 100.1', one('h', '%RH', fraction(-1, 1001), bt)],
  ['pressure in hPa', one('p', 'Pa', fraction(-2, 101_325), bt)],
  ['pressure 110000.1', one('p', 'Pa', fraction(-1, 1_100_001), bt)],
  ['rain 500.1', one('rn', 'mm', fraction(-1, 5001), bver, bt)],
  ['second record out of range', then([0, tstr('h')], [1, tstr('%RH')], [2, int(101)])],
]

const times: [string, Uint8Array][] = [
  ['time 604801', one('t', 'Cel', degrees20, [6, int(604_801)], bt)],
  ['time -604801', one('t', 'Cel', degrees20, [6, int(-604_801)], bt)],
  ['time as text', one('t', 'Cel', degrees20, [6, tstr('1')], bt)],
  ['time a decimal fraction', one('t', 'Cel', degrees20, [6, fraction(-1, 5)], bt)],
  ['same name, no times', then([0, t], [1, cel], [2, int(21)])],
  ['same name and value, no times', then([0, t], [1, cel], [2, degrees20])],
  ['same name, time 0 said and not said', then([0, t], [1, cel], [2, int(21)], [6, int(0)])],
  [
    'same name, once by a base name',
    array(
      record([0, tstr('x')], [1, tstr('lx')], [2, int(9)], [-2, tstr('lu')], bt),
      record([0, tstr('lux')], [1, tstr('lx')], [2, int(8)], [-2, tstr('')]),
    ),
  ],
]

export const invalidPacks: readonly Case[] = casesOf(
  'out-of-profile',
  [...shapes, ...bases, ...names, ...values, ...times].map(([name, payload]) => [
    name,
    message({ payload }),
  ]),
)
