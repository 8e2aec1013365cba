import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toB64u, toBase32, toHex, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, sha256 } from '../../gateway/core/crypto.js'
import { crc16Text } from '../../gateway/core/frame/crc16.js'
import { parseLine } from '../../gateway/core/frame/sentence.js'
import { metrics } from '../../gateway/core/metric.js'
import { encodePack } from '../../gateway/core/senml/pack.js'
import { claims, header, message } from '../../schemas/vectors/message.js'
import { type DeviceVectors, deviceVectors } from '../support/deviceVectors.js'
import { buildFolder, buildHost, runHost, sanitizeFlags } from '../support/firmware.js'
import { hexBytes, vectorText } from '../support/vectors.js'

/** The library as two compilers make it, one with sanitizers that stop it at the first fault. */
const builds = [
  { name: 'gcc with ASan and UBSan', compiler: 'gcc', flags: ['-O1', ...sanitizeFlags] },
  { name: 'clang', compiler: 'clang', flags: ['-O2'] },
]

const vectors = deviceVectors()
const { seed, id } = vectors.device

/** A word of a command; the program reads `-` as an empty one. */
function word(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : text
}

function valueWords(values: DeviceVectors['readings'][number]['values']): string {
  return values.map(({ metric, m, e, time }) => `${metric}:${m}:${e}:${time}`).join(' ')
}

describe.each(builds)('the library by $name', ({ compiler, flags }) => {
  const { folder, remove } = buildFolder()
  let program = ''
  const run = (commands: string[]): string[][] => runHost(program, commands)
  const one = (command: string): string | undefined => run([command])[0]?.[0]

  beforeAll(async () => {
    program = await buildHost(compiler, flags, folder)
  })
  afterAll(remove)

  it('names a key', () => {
    const { key, thumbprint } = vectors.device
    expect(run([`key ${seed}`])[0]).toEqual([key, thumbprint, id])
  })

  it('signs readings as the gateway’s own encoder does', () => {
    const made = run(
      vectors.readings.map(
        ({ seq, values }) => `rd ${seed} ${vectors.network} ${seq} ${valueWords(values)}`,
      ),
    )
    expect(made.map((lines) => lines[0])).toEqual(vectors.readings.map(({ hex }) => hex))
    expect(made.length).toBeGreaterThan(25)
  })

  it('writes them as lines', () => {
    const short = vectors.readings.filter(({ line }) => line !== undefined)
    const lines = run(vectors.readings.map(({ hex }, i) => `sentence RD ${i} #${hex}`)).map(
      (answer) => answer[0],
    )
    expect(short.length).toBeGreaterThan(25)
    expect(lines.filter((line) => line!.length <= 1022)).toEqual(short.map(({ line }) => line))
  })

  it('makes any reading that the gateway’s own encoder makes', () => {
    const value = fc.record({
      metric: fc.constantFrom(...metrics.map(({ name }) => name as string)),
      time: fc.integer({ min: 1_762_000_000 - 300_000, max: 1_762_000_000 + 300_000 }),
      m: fc.oneof(fc.integer({ min: -99_999, max: 99_999 }), fc.maxSafeInteger()),
      e: fc.integer({ min: -9, max: 0 }),
    })
    const reading = fc.tuple(fc.maxSafeNat(), fc.array(value, { minLength: 1, maxLength: 20 }))
    const samples = fc.sample(reading, { numRuns: 60, seed: 5 })
    const made = run(
      samples.map(([seq, values]) => `rd ${seed} testnet ${seq} ${valueWords(values)}`),
    )
    const expected = samples.map(([seq, values]) => {
      const payload = encodePack(
        values.map(({ metric, time, m, e }) => ({ metric, time, value: { m, e } })),
      )
      return toHex(message({ protectedBytes: header({ claims: claims(seq) }), payload }))
    })
    expect(made.map((lines) => lines[0])).toEqual(expected)
  })

  it('refuses values that are none', () => {
    const good = 'temperature:215:-1:1762000000'
    const bad = [
      'salinity:1:0:1762000000',
      'temperature:215:1:1762000000',
      'temperature:215:-10:1762000000',
      'temperature:9007199254740992:0:1762000000',
      'temperature:215:-1:268435455',
      `${good} humidity:1:0:${1_762_000_000 + 604_801}`,
      `${good} humidity:1:0:${1_762_000_000 - 604_801}`,
      Array(65).fill(good).join(' '),
    ]
    for (const values of bad)
      expect([values, one(`rd ${seed} n 1 ${values}`)]).toEqual([values, 'none'])
    expect(one(`rd ${seed} n ${2n ** 53n} ${good}`)).toBe('none')
    expect(one(`rd ${seed} n 1 ${Array(64).fill(good).join(' ')}`)).not.toBe('none')
  })

  it('makes enrolment, token, rotation and revocation byte for byte', () => {
    const enrolments = vectors.enrolments.map((of) =>
      [
        'en',
        seed,
        vectors.network,
        word(of.nonce),
        of.model,
        of.firmware,
        of.version,
        word(of.owner),
        word(of.cell),
        ...of.metrics,
      ].join(' '),
    )
    expect(run(enrolments).map((lines) => lines[0])).toEqual(
      vectors.enrolments.map(({ hex }) => hex),
    )
    const tokens = run(vectors.tokens.map(({ exp }) => `co ${seed} ${vectors.network} ${exp}`))
    expect(tokens.map((lines) => toB64u(hexBytes(lines[0]!)))).toEqual(
      vectors.tokens.map(({ password }) => password),
    )
    const { rotation, revocation, next, network } = vectors
    expect(one(`ro ${seed} ${next.seed} ${network} ${id} ${rotation.iat} ${rotation.seq}`)).toBe(
      rotation.hex,
    )
    expect(one(`rv ${seed} ${network} ${id} ${revocation.iat} ${revocation.seq}`)).toBe(
      revocation.hex,
    )
  })

  it('obeys the gateway’s messages, and ignores those that are not for it', () => {
    const taken = run(
      vectors.downlinks.map(
        ({ kind, hex }) =>
          `down ${kind} ${vectors.gateway.key} ${vectors.network} ${id} 00010203 ${word(hex)}`,
      ),
    )
    expect(vectors.downlinks.map(({ name }, i) => [name, taken[i]![0]])).toEqual(
      vectors.downlinks.map(({ name, obeyed }) => [name, obeyed ?? 'ignored']),
    )
  })

  it('judges signatures as the gateway does', () => {
    const { signatures: rows } = JSON.parse(vectorText('ed25519-edge')) as {
      signatures: {
        name: string
        key: string
        message: string
        signature: string
        valid: boolean
      }[]
    }
    const taken = run(
      rows.map(({ key, signature, message }) => `verify ${key} ${signature} ${word(message)}`),
    )
    expect(rows.map(({ name }, i) => [name, taken[i]![0]])).toEqual(
      rows.map(({ name, valid }) => [name, valid ? '1' : '0']),
    )
  })

  it('shows the code that the gateway shows', () => {
    const { code, device, gateway } = vectors
    expect(one(`code ${gateway.key} ${device.key} ${code.nonce}`)).toBe(code.code)
  })

  it('finds the sentences that the gateway’s parser finds', () => {
    const { lines, streams } = JSON.parse(vectorText('serial')) as {
      lines: {
        name: string
        line: string
        kind: string
        reason?: string
        type?: string
        fields?: string[]
      }[]
      streams: { name: string; hex: string; lines: string[] }[]
    }
    const read = run(lines.map(({ line }) => `read 1023 ${toHex(utf8(`${line}\r\n`))}`))
    for (const [i, { name, kind, type, fields }] of lines.entries()) {
      const found = read[i]![0]
      // The library does not know which fields a type has: whoever obeys a line looks.
      if (kind === 'sentence') expect([name, found]).toEqual([name, [type, ...fields!].join(',')])
      else if (kind === 'log') expect([name, found]).toEqual([name, undefined])
    }
    const unframed = ['no check value', 'check value of three digits', 'a space', 'not ASCII']
    unframed.push(
      'start only',
      'a second check mark',
      'type in lower case',
      'type of three letters',
    )
    const damaged = lines.flatMap(({ name, kind, reason }, i) =>
      kind === 'bad' && (reason === 'crc' || unframed.includes(name)) ? [[name, read[i]![0]]] : [],
    )
    expect(damaged.length).toBeGreaterThan(12)
    expect(damaged).toEqual(damaged.map(([name]) => [name, undefined]))
    const found = run(streams.map(({ hex }) => `read 1023 ${hex}`))
    for (const [i, { name, lines: expected }] of streams.entries()) {
      const sentences = expected.flatMap((line) => {
        const parsed = parseLine(line)
        return parsed.kind === 'sentence' ? [[parsed.type, ...parsed.fields].join(',')] : []
      })
      expect([name, found[i]]).toEqual([name, sentences])
    }
  })

  it('takes a line of any bytes in little memory', () => {
    const noise = fc.sample(fc.uint8Array({ maxLength: 400 }), { numRuns: 50, seed: 6 })
    const line = toHex(utf8(`$FPAK,7*${crc16Text('FPAK,7')}\n`))
    for (const room of [1, 3, 8, 14, 64]) {
      const found = run(noise.map((bytes) => `read ${room} ${toHex(bytes)}0a${line}`))
      for (const lines of found) expect(lines.at(-1)).toBe(room < 13 ? undefined : 'AK,7')
    }
  })

  it('has the texts and hashes of everybody', () => {
    const samples = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 70, seed: 7 })
    const words = samples.map((bytes) => word(toHex(bytes)))
    const all = (kind: string): (string | undefined)[] =>
      run(words.map((hex) => `text ${kind} ${hex}`)).map((lines) => lines[0])
    expect(all('b64u')).toEqual(samples.map(toB64u))
    expect(all('base32')).toEqual(samples.map(toBase32))
    expect(all('sha')).toEqual(samples.map((bytes) => toHex(sha256(bytes))))
    expect(one(`text crc ${toHex(utf8('123456789'))}`)).toBe('29B1')
    const { b64u } = JSON.parse(vectorText('texts')) as {
      b64u: { good: { text: string; hex: string }[]; bad: string[] }
    }
    // A word of a command holds neither spaces nor NUL.
    const bad = b64u.bad.filter((text) => !/[\s\0]/.test(text))
    const texts = [...b64u.good.map(({ text }) => text), ...bad]
    const read = run(texts.map((text) => `text unb64u ${word(text)}`))
    const expected = [...b64u.good.map(({ hex }) => hex), ...bad.map(() => 'none')]
    expect(read.map((lines) => lines[0])).toEqual(expected)
  })

  it('keeps its record through a power cut at any byte', () => {
    // Ten saves go once around the ring; the sanitizer's build is slow and does two.
    const saves = compiler === 'clang' ? 10 : 2
    for (const kind of ['flash', 'eeprom'])
      expect(Number.parseInt(one(`ring ${kind} ${saves}`)!, 10)).toBeGreaterThan(saves * 250)
  })

  it('signs what the gateway’s library verifies with any key', () => {
    const seeds = fc.sample(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
      numRuns: 5,
      seed: 8,
    })
    for (const secret of seeds) {
      const [key] = run([`key ${toHex(secret)}`])[0]!
      expect(key).toBe(toHex(ed25519PublicKey(secret)))
      const signed = ed25519Sign(utf8('a message'), secret)
      expect(one(`verify ${key} ${toHex(signed)} ${toHex(utf8('a message'))}`)).toBe('1')
    }
  })
})
