import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../../gateway/core/crypto.js'
import { fromBase64, toBase64 } from '../../../gateway/core/log/base64.js'
import {
  formatVkey,
  isKeyName,
  keyIdOf,
  openNote,
  parseNote,
  parseVkey,
  signNote,
} from '../../../gateway/core/log/note.js'

/** Notes and keys that others have published with their implementations of the format. */
const published = [
  {
    vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    note:
      'If you think cryptography is the answer to your problem,\n' +
      "then you don't know what your problem is.\n" +
      '\n' +
      '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  },
  {
    vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    note:
      'This is an example message.\n' +
      '\n' +
      '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
  },
]

const seed = new Uint8Array(32).fill(7)
const key = { name: 'fieldproof/local/abc', publicKey: ed25519PublicKey(seed) }
const other = { name: 'witness.example', publicKey: ed25519PublicKey(new Uint8Array(32).fill(8)) }
const sign = (message: Uint8Array): Uint8Array => ed25519Sign(message, seed)
const note = signNote('one\n\ntwo\n', key, sign)

describe('published notes', () => {
  it.each(published)('opens the note of $vkey', ({ vkey, note }) => {
    const parsed = parseVkey(vkey)
    if (!parsed.ok) expect.fail(parsed.detail)
    expect(formatVkey(parsed.value)).toBe(vkey)
    expect(toHex(keyIdOf(parsed.value))).toBe(vkey.split('+')[1])
    const opened = openNote(note, parsed.value)
    expect(opened.ok && opened.value).toBe(note.slice(0, note.indexOf('\n\n') + 1))
    const changed = openNote(note.replace('is', 'iz'), parsed.value)
    expect(changed).toMatchObject({ ok: false, reason: 'bad-signature' })
  })
})

describe('verifier keys', () => {
  const vkey = formatVkey(key)

  it('are read as they were written', () => {
    const parsed = parseVkey(vkey)
    expect(parsed.ok && parsed.value.name).toBe(key.name)
    expect(parsed.ok && toHex(parsed.value.publicKey)).toBe(toHex(key.publicKey))
  })

  it.each([
    ['empty', ''],
    ['no key', vkey.slice(0, vkey.lastIndexOf('+'))],
    ['no name', vkey.slice(vkey.indexOf('+'))],
    ['upper-case id', vkey.replace(/\+[0-9a-f]{8}\+/, (id) => `${id.toUpperCase()}X`)],
    ['another id', vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['another name', `x${vkey}`],
    [
      'another type',
      `${key.name}+${toHex(keyIdOf(key))}+${toBase64(Uint8Array.of(4, ...key.publicKey))}`,
    ],
    ['a short key', `${key.name}+${toHex(keyIdOf(key))}+${toBase64(Uint8Array.of(1, 2, 3))}`],
    ['a space in the name', `a b${vkey}`],
    ['a newline after', `${vkey}\n`],
    ['no padding bits', vkey.slice(0, -1)],
  ])('are refused: %s', (_, text) => {
    expect(parseVkey(text)).toMatchObject({ ok: false, reason: 'malformed' })
  })
})

describe('notes', () => {
  it('keep empty lines of the text and sign all of it', () => {
    const opened = openNote(note, key)
    expect(opened.ok && opened.value).toBe('one\n\ntwo\n')
    expect(note.endsWith('=\n')).toBe(true)
  })

  it('refuse every single changed character', () => {
    for (let i = 0; i < note.length; i++) {
      for (const char of ['x', ' ', '\n', '+', '\u2014']) {
        if (note[i] === char) continue
        const changed = note.slice(0, i) + char + note.slice(i + 1)
        if (openNote(changed, key).ok) expect.fail(`character ${i} as ${JSON.stringify(char)}`)
      }
      const shorter = note.slice(0, i) + note.slice(i + 1)
      if (openNote(shorter, key).ok) expect.fail(`without character ${i}`)
    }
  })

  it('ignore signatures by other keys, and by other keys of the name', () => {
    const line = signNote('one\n\ntwo\n', other, (m) => ed25519Sign(m, seed))
      .split('\n')
      .at(-2)
    const renamed = line?.replace(other.name, key.name)
    const opened = openNote(`${note}${line}\n${renamed}\n`, key)
    expect(opened.ok).toBe(true)
    expect(openNote(note, other)).toMatchObject({ ok: false, reason: 'bad-signature' })
  })

  it('are refused where one of two signatures by the key does not verify', () => {
    const bad = signNote('one\n', key, sign).split('\n').at(-2)
    expect(openNote(`${note}${bad}\n`, key).ok).toBe(false)
    const short = `\u2014 ${key.name} ${toBase64(Uint8Array.of(...keyIdOf(key), 1, 2))}\n`
    expect(openNote(note + short, key).ok).toBe(false)
  })

  it.each([
    ['empty', ''],
    ['text alone', 'one\n'],
    ['no signature after the blank line', 'one\n\n'],
    ['no final newline', note.slice(0, -1)],
    ['a control character', note.replace('two', 't\two')],
    ['a carriage return', note.replaceAll('\n', '\r\n')],
    ['half a surrogate pair', note.replace('two', '\ud800')],
    ['a hyphen for the dash', note.replace('\u2014', '-')],
    ['two spaces', note.replace('\u2014 ', '\u2014  ')],
    ['no name', note.replace(`${key.name} `, '')],
    ['a plus in the name', note.replace(key.name, 'a+b')],
    ['a no-break space in the name', note.replace(key.name, 'a\u00a0b')],
    ['base64 without padding', note.replace('=\n', '\n')],
    ['base64url', note.replace(/[A-Za-z0-9+/]=\n$/, '-=\n')],
    ['a signature of four bytes', `one\n\n\u2014 a ${toBase64(new Uint8Array(4))}\n`],
    ['a line after the signatures', `${note}more\n`],
    ['too many signatures', `one\n\n${'\u2014 a AAAAAAA=\n'.repeat(65)}`],
    ['too long', `${'x'.repeat(300_000)}\n\n\u2014 a AAAAAAA=\n`],
  ])('are refused: %s', (_, text) => {
    expect(parseNote(text)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('accept 16 signatures and more, as the specification asks', () => {
    expect(parseNote(`one\n\n${'\u2014 a AAAAAAA=\n'.repeat(64)}`).ok).toBe(true)
  })

  it('round trip any plain text', () => {
    const plain = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((text) => {
      return ![...text].some((char) => char < ' ')
    })
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), (lines) => {
        const text = `${lines.join('\n')}\n`
        const opened = openNote(
          signNote(text, key, () => new Uint8Array(64)),
          key,
          () => true,
        )
        expect(opened.ok && opened.value).toBe(text)
      }),
    )
  })

  it('never throw on hostile text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        parseNote(text)
        parseVkey(text)
        fromBase64(text)
      }),
    )
  })
})

describe('key names', () => {
  it.each(['', ' ', 'a b', 'a+b', 'a\u2003b', 'a\u0085b', 'a\nb', 'a\u0000b', '\ud800'])(
    'are not %j',
    (name) => {
      expect(isKeyName(name)).toBe(false)
    },
  )
})

describe('base64', () => {
  it('round trips and has one text for each byte string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = toBase64(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64'))
        expect(fromBase64(text)).toEqual(bytes)
      }),
    )
    for (const text of [
      'A',
      'AA',
      'AAA',
      'AB==',
      'AAB=',
      'AA-_',
      'A===',
      '====',
      'AA==AA==',
      ' AAA',
    ])
      expect(fromBase64(text)).toBeUndefined()
    expect(toHex(fromBase64('+/+/')!)).toBe(toHex(fromHex('fbffbf')!))
  })
})
