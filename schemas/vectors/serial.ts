/** Serial lines, good and bad, and streams of bytes with the lines that must come out of them. */
import { toB64u, toHex, utf8 } from '../../gateway/core/bytes.js'
import { crc16Text } from '../../gateway/core/frame/crc16.js'
import { key1, message } from './message.js'

const rd = toB64u(message())
const key = toB64u(key1)

/** A sentence with its check value, whatever it holds. */
function checked(body: string): string {
  return `$${body}*${crc16Text(body)}`
}

interface LineVector {
  name: string
  line: string
  /** What must be read: a sentence, a log line, or a bad sentence with its reason. */
  kind: 'sentence' | 'log' | 'bad'
  type?: string
  fields?: string[]
  reason?: 'frame' | 'crc'
  ls?: number
  /** What stands before the sentence. */
  log?: string
}

const good: [name: string, type: string, fields: string[]][] = [
  ['who are you', 'ID?', []],
  ['hello', 'HI', ['1', 'qzxo7plhddeii', 'FP-Solo', '1.0.3', '7', '70000', 'rd+en+tq+cf+rc']],
  ['reading', 'RD', ['12', rd]],
  ['reading, line number 0', 'RD', ['0', rd]],
  ['reading, line number 255', 'RD', ['255', rd]],
  ['accepted', 'AK', ['12']],
  ['refused', 'NK', ['12', 'out-of-profile']],
  ['refused for its frame', 'NK', ['255', 'frame']],
  ['time query', 'TQ', ['AAECAw']],
  ['time', 'TM', [rd]],
  ['configuration', 'CF', [rd]],
  ['enrolment query', 'EQ', ['AAECAwQFBgc', 'testnet', key]],
  ['enrolment query without nonce', 'EQ', ['', 'testnet', key]],
  ['enrolment', 'EN', [rd]],
  ['rotation', 'RO', ['3', rd]],
  ['self-revocation', 'RV', ['4', rd]],
  ['receipt', 'RC', [rd]],
  ['a type of tomorrow', 'ZZ', ['x', 'y']],
]

const goodLines: LineVector[] = good.map(([name, type, fields]) => {
  const line = checked([`FP${type}`, ...fields].join(','))
  return { name, line, kind: 'sentence', type, fields, log: '' }
})

const reading = checked(`FPRD,12,${rd}`)

const logged: LineVector[] = [
  { name: 'log line', line: 'boot: wifi up', kind: 'log', log: 'boot: wifi up' },
  { name: 'log line with a dollar', line: 'price $FI 3', kind: 'log', log: 'price $FI 3' },
  { name: 'log line with an escape', line: 'a\u001b[2Jb', kind: 'log', log: 'a\ufffd[2Jb' },
  {
    name: 'log before a sentence',
    line: `t=21.5 ${reading}`,
    kind: 'sentence',
    type: 'RD',
    fields: ['12', rd],
    log: 't=21.5 ',
  },
  {
    name: 'two starts in a line: the last one counts',
    line: `$FPRD,11,0oRXpAEn${reading}`,
    kind: 'sentence',
    type: 'RD',
    fields: ['12', rd],
    log: '$FPRD,11,0oRXpAEn',
  },
  {
    name: 'two whole sentences in a line: the last one counts',
    line: `${checked('FPAK,1')}${checked('FPAK,2')}`,
    kind: 'sentence',
    type: 'AK',
    fields: ['2'],
    log: checked('FPAK,1'),
  },
]

const bad: [name: string, line: string, reason: 'frame' | 'crc', type?: string, ls?: number][] = [
  ['start only', '$FP', 'frame'],
  ['no check value', `$FPRD,12,${rd}`, 'frame', 'RD', 12],
  ['check value of three digits', reading.slice(0, -1), 'frame', 'RD', 12],
  [
    'check value in lower case',
    checked('FPAK,12').toLowerCase().replace('$fpak', '$FPAK'),
    'frame',
    'AK',
  ],
  ['line number cut', '$FPRD,12', 'frame', 'RD'],
  ['check value of another line', `$FPRD,12,${rd}*0000`, 'crc', 'RD', 12],
  ['a digit changed', reading.replace('$FPRD,12,0', '$FPRD,12,1'), 'crc', 'RD', 12],
  ['a digit dropped', reading.replace('$FPRD,12,0', '$FPRD,12,'), 'crc', 'RD', 12],
  ['line number changed', reading.replace('$FPRD,12', '$FPRD,13'), 'crc', 'RD', 13],
  ['line number unreadable', reading.replace('$FPRD,12', '$FPRD,x2'), 'crc', 'RD'],
  ['line number 256', checked(`FPRD,256,${rd}`), 'frame', 'RD'],
  ['line number with a zero before', checked(`FPRD,012,${rd}`), 'frame', 'RD'],
  ['line number negative', checked(`FPRD,-1,${rd}`), 'frame', 'RD'],
  ['line number missing', checked(`FPRD,${rd}`), 'frame', 'RD'],
  ['a field too few', checked('FPRD,12'), 'frame', 'RD'],
  ['a field too many', checked(`FPRD,12,${rd},x`), 'frame', 'RD', 12],
  ['message empty', checked('FPRD,12,'), 'frame', 'RD', 12],
  ['message padded', checked('FPRD,12,AA=='), 'frame', 'RD', 12],
  ['message in plain base64', checked('FPRD,12,+/8A'), 'frame', 'RD', 12],
  ['message with trailing bits', checked('FPRD,12,AB'), 'frame', 'RD', 12],
  ['message of 4n + 1 digits', checked('FPRD,12,AAAAA'), 'frame', 'RD', 12],
  ['a space', checked(`FPRD, 12,${rd}`), 'frame', 'RD'],
  ['a second check mark', checked('FPAK,1*2'), 'frame', 'AK'],
  ['type in lower case', checked('FPak,12'), 'frame'],
  ['type of three letters', checked('FPRDX,12'), 'frame'],
  ['not ASCII', checked('FPZZ,\u00e9'), 'frame', 'ZZ'],
  ['reason of no table', checked('FPNK,12,because'), 'frame', 'NK'],
  ['nonce of 3 bytes', checked('FPTQ,AAEC'), 'frame', 'TQ'],
  ['hello of version 2', checked('FPHI,2,qzxo7plhddeii,m,1,7,1,rd'), 'frame', 'HI'],
  [
    'hello with a long model',
    checked(`FPHI,1,qzxo7plhddeii,${'m'.repeat(33)},1,7,1,rd`),
    'frame',
    'HI',
  ],
  ['hello with a device id of 12', checked('FPHI,1,qzxo7plhddei,m,1,7,1,rd'), 'frame', 'HI'],
  ['1,023 characters', checked(`FPRD,12,${'A'.repeat(1023 - 14)}`), 'frame', 'RD', 12],
]

const badLines: LineVector[] = bad.map(([name, line, reason, type, ls]) => ({
  name,
  line,
  kind: 'bad',
  reason,
  ...(type === undefined ? {} : { type }),
  ...(ls === undefined ? {} : { ls }),
  log: '',
}))

const longest = checked(`FPRD,255,${'A'.repeat(1007)}`)

const streams: [name: string, bytes: string, lines: string[]][] = [
  ['CR LF', 'a\r\nb\r\n', ['a', 'b']],
  ['LF alone', 'a\nb\n', ['a', 'b']],
  ['CR inside a line stays', 'a\rb\r\n', ['a\rb']],
  ['empty lines are left out', '\r\n\n\r\na\n', ['a']],
  ['an unfinished line waits', 'a\nb', ['a']],
  ['the longest sentence', `${longest}\r\n`, [longest]],
  ['a sentence cut by a reset', `$FPRD,1,AAAA${reading}\r\n`, [`$FPRD,1,AAAA${reading}`]],
  ['a long log line is cut', `${'x'.repeat(5000)}\n`, ['x'.repeat(1022)]],
  [
    'a sentence after a long log',
    `${'x'.repeat(5000)}${reading}\r\n`,
    ['x'.repeat(1022) + reading],
  ],
  ['a sentence that never ends is cut', `$FP${'A'.repeat(5000)}\n`, [`$FP${'A'.repeat(1020)}`]],
  [
    'a sentence after one that never ends',
    `$FP${'A'.repeat(5000)}${reading}\n`,
    [`$FP${'A'.repeat(1019)}${reading}`],
  ],
  ['the start split by noise', '$F$FPAK,1\n', ['$F$FPAK,1']],
]

/** The content of serial.json. */
export function serial(): object {
  return {
    about:
      'lines: what one line is, without its end. streams: bytes of a port, and the lines in them.',
    crc: [
      { text: '123456789', crc: crc16Text('123456789') },
      { text: '', crc: crc16Text('') },
      { text: 'FPID?', crc: crc16Text('FPID?') },
    ],
    lines: [...goodLines, ...logged, ...badLines],
    streams: streams.map(([name, bytes, lines]) => ({ name, hex: toHex(utf8(bytes)), lines })),
  }
}
