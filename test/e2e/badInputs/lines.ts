/** Serial lines that no honest board sends, and what the gateway answers. */
import { concat, toB64u } from '../../../gateway/core/bytes.js'
import { crc16Text } from '../../../gateway/core/frame/crc16.js'
import { formatSentence } from '../../../gateway/core/frame/sentence.js'
import { seededRandom } from '../../support/random.js'
import type { Counts } from './case.js'
import { mainId } from './holders.js'

export interface LineCase {
  name: string
  counts: Counts
  /** `$FPNK` lines, `ls,reason`, in this order; empty where nothing may be answered. */
  answers: string[]
  bytes: string | Uint8Array
}

/** A sentence whose check value is good, whatever stands in it. */
function checked(body: string): string {
  return `$${body}*${crc16Text(body)}\r\n`
}

/** Lines that are refused and answered under line number 7. */
function answered(reason: 'frame' | 'crc', rows: readonly [string, string][]): LineCase[] {
  return rows.map(([name, bytes]) => {
    return { name, counts: { [reason]: 1 }, answers: [`7,${reason}`], bytes }
  })
}

/** Lines that are refused where no line number can be read, so nobody can be answered. */
function counted(reason: 'frame' | 'crc', rows: readonly [string, string][]): LineCase[] {
  return rows.map(([name, bytes]) => ({ name, counts: { [reason]: 1 }, answers: [], bytes }))
}

/** What is a board's own log, or of a type that this version does not know. */
function passedOver(rows: readonly [string, string | Uint8Array][]): LineCase[] {
  return rows.map(([name, bytes]) => ({ name, counts: {}, answers: [], bytes }))
}

const some = toB64u(new Uint8Array(30))
const body = `FPRD,7,${some}`
const good = checked(body)
const check = crc16Text(body)

const damaged: LineCase[] = [
  ...answered('crc', [
    ['a wrong check value', `$${body}*0000\r\n`],
    ['one character changed', good.replace(',AAAA', ',AAAB')],
    ['one character lost', good.replace(',AAAA', ',AAA')],
    ['a check value that covers the $', `$${body}*${crc16Text(`$${body}`)}\r\n`],
    [
      'a check value with its bytes exchanged',
      `$${body}*${check.slice(2)}${check.slice(0, 2)}\r\n`,
    ],
  ]),
  ...answered('frame', [
    ['no check value', `$${body}\r\n`],
    ['a check value in lower case', `$${body}*${crcWithLetter().toLowerCase()}\r\n`],
    ['a check value of three digits', `$${body}*${check.slice(1)}\r\n`],
    ['a check value of five digits', `$${body}*0${check}\r\n`],
    ['a check value and more', `$${body}*${check} \r\n`],
    ['padding behind base64', checked('FPRD,7,AA==')],
    ['plain base64', checked('FPRD,7,++//')],
    ['base64 of a length that cannot be', checked('FPRD,7,AAAAA')],
    ['base64 with bits behind its last byte', checked('FPRD,7,AB')],
    ['base64 with a space', checked('FPRD,7,AAAA AAAA')],
    ['no message', checked('FPRD,7,')],
    ['a field more', checked(`${body},1`)],
    ['a star in a field', checked('FPRD,7,AA*A')],
    ['a dollar sign in a field', checked('FPRD,7,AA$A')],
    ['a control character in a field', checked('FPRD,7,AA\u0007A')],
    ['NUL in a field', checked('FPRD,7,AA\0A')],
    ['a message one byte too long for a line', checked(`FPRD,7,${'A'.repeat(1_012)}`)],
    ['a line of 64 kB', checked(`FPRD,7,${'A'.repeat(65_536)}`)],
    ['a line of 1 MB', checked(`FPRD,7,${'A'.repeat(1_048_576)}`)],
  ]),
  ...counted('crc', [
    ['a wrong check value, no line number', '$FPRD,x,AAAA*0000\r\n'],
    ['a wrong check value of a hello', '$FPHI,1,x*0000\r\n'],
  ]),
]

const formless: LineCase[] = counted('frame', [
  ['line number 256', checked('FPRD,256,AAAA')],
  ['line number -1', checked('FPRD,-1,AAAA')],
  ['line number 07', checked('FPRD,07,AAAA')],
  ['line number 1.5', checked('FPRD,1.5,AAAA')],
  ['line number 7e0', checked('FPRD,7e0,AAAA')],
  ['no line number', checked('FPRD,,AAAA')],
  ['a line number alone', checked('FPRD,7')],
  ['no fields', checked('FPRD')],
  ['the start alone', '$FP\r\n'],
  ['the start and a star', '$FP*\r\n'],
  ['a type in lower case', checked('FPrd,7,AAAA')],
  ['a type of three letters', checked('FPRDX,7,AAAA')],
  ['a hello of version 2', hello('2', mainId)],
  ['a hello of nobody', hello('1', 'nobody')],
  ['a hello with an id in upper case', hello('1', mainId.toUpperCase())],
  ['a hello with a model of 33 characters', hello('1', mainId, 'm'.repeat(33))],
  ['a hello with a model of spaces', hello('1', mainId, 'a b')],
  ['a hello with a boot count of 2^53', hello('1', mainId, 'm', '9007199254740992')],
  ['a hello without capabilities', checked(`FPHI,1,${mainId},m,1,1,1,`)],
  ['a hello cut short', checked(`FPHI,1,${mainId}`)],
  ['a time query of 3 bytes', checked('FPTQ,AAAA')],
  ['a time query of 30 bytes', checked(`FPTQ,${toB64u(new Uint8Array(30))}`)],
  ['a time query of nothing', checked('FPTQ,')],
  ['an enrolment that nobody asked for', checked('FPEN,AAAA')],
  ['an enrolment of nothing', checked('FPEN,')],
])

function hello(version: string, device: string, model = 'm', bootCount = '1'): string {
  return checked(`FPHI,${version},${device},${model},1.0,${bootCount},1,rd`)
}

const unknown: LineCase[] = passedOver([
  ['an acknowledgement, as if echoed', formatSentence('AK', ['7'])],
  ['a refusal, as if echoed', formatSentence('NK', ['7', 'crc'])],
  ['the question who is there, echoed', formatSentence('ID?', [])],
  ['a time answer', formatSentence('TM', ['AAAA'])],
  ['a configuration', formatSentence('CF', ['AAAA'])],
  ['a type of a later version', formatSentence('ZZ', ['7', 'AAAA'])],
  ['an older sentence in the same line', `${good.trimEnd()}${formatSentence('ZZ', [])}`],
  ['half a sentence in the same line', `$FPRD,7,AA${formatSentence('ZZ', [])}`],
  [
    '1,000 sentences in the same line',
    `${good.trimEnd().repeat(1_000)}${formatSentence('ZZ', [])}`,
  ],
])

const noise: LineCase[] = passedOver([
  ['a log line', 'I (123) wifi: connected\r\n'],
  ['a log line with colours', '\u001b[0;31mE (9) panic\u001b[0m\n'],
  ['a log line that clears the screen', '\u001b[2J\u001b]0;title\u0007\n'],
  ['1,000 log lines', 'debug\n'.repeat(1_000)],
  ['10,000 empty lines', '\r\n'.repeat(10_000)],
  ['1 MB without a line end', `${'x'.repeat(1_048_576)}\n`],
  ['1 MB of NUL', asLine(new Uint8Array(1_048_576))],
  ['1 MB of dollar signs', `${'$'.repeat(1_048_576)}\n`],
  ['1 MB of carriage returns', `${'\r'.repeat(1_048_576)}\n`],
  ['256 kB of random bytes', asLine(withoutStart(seededRandom(20).bytes(262_144)))],
  ['bytes that are no UTF-8', Uint8Array.of(0xc3, 0x28, 0xa0, 0xa1, 0xff, 0xfe, 0x0a)],
  ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x0a)],
])

/** A check value of another body: one that has a letter, so that its case is seen. */
function crcWithLetter(): string {
  if (!/[A-F]/.test(check)) throw new Error('the check value has no letter')
  return check
}

function asLine(bytes: Uint8Array): Uint8Array {
  return concat(bytes, Uint8Array.of(0x0a))
}

/** Without `$`, so that nothing in it can begin a sentence. */
function withoutStart(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte === 0x24 ? 0x23 : byte))
}

export const lines: readonly LineCase[] = [...damaged, ...formless, ...unknown, ...noise]
