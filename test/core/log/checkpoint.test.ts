import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../../gateway/core/crypto.js'
import {
  claimedOrigin,
  formatCheckpoint,
  isOriginOf,
  openCheckpoint,
  originOf,
  parseCheckpoint,
} from '../../../gateway/core/log/checkpoint.js'
import { signNote } from '../../../gateway/core/log/note.js'
import { formatTile, parseTile } from '../../../gateway/core/log/tile.js'

const seed = new Uint8Array(32).fill(3)
const publicKey = ed25519PublicKey(seed)
const sign = (message: Uint8Array): Uint8Array => ed25519Sign(message, seed)
const gatewayId = 'rbxo57lhddeie'
const origin = originOf('local', gatewayId)
const root = Uint8Array.from({ length: 32 }, (_, i) => i)

describe('checkpoints', () => {
  it('are three lines and a signature under the origin', () => {
    const text = formatCheckpoint({ origin, size: 20852163, root }, publicKey, sign)
    const lines = text.split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'fieldproof/local/rbxo57lhddeie',
      '20852163',
      'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
      '',
    ])
    expect(lines[4]).toMatch(/^\u2014 fieldproof\/local\/rbxo57lhddeie [A-Za-z0-9+/]{91}=$/)
    expect(lines.slice(5)).toEqual([''])
    const opened = openCheckpoint(text, origin, publicKey)
    if (!opened.ok) expect.fail(opened.detail)
    expect(opened.value.origin).toBe(origin)
    expect(opened.value.size).toBe(20852163)
    expect(toHex(opened.value.root)).toBe(toHex(root))
    expect(claimedOrigin(text)).toBe(origin)
  })

  it('reads the text that C2SP gives as an example', () => {
    const text =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    const parsed = parseCheckpoint(text)
    expect(parsed.ok && parsed.value.origin).toBe('example.com/behind-the-sofa')
    expect(parsed.ok && parsed.value.size).toBe(20852163)
    expect(parsed.ok && toHex(parsed.value.root)).toBe(
      '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    )
  })

  it('are of one log, one key and one size', () => {
    const text = formatCheckpoint({ origin, size: 0, root }, publicKey, sign)
    expect(openCheckpoint(text, origin, publicKey).ok).toBe(true)
    expect(openCheckpoint(text, `${origin}/2`, publicKey).ok).toBe(false)
    expect(openCheckpoint(text, origin, ed25519PublicKey(root)).ok).toBe(false)
    // Signed by the log's key under the log's name, but the first line is another log.
    const foreign = signNote(
      `other\n0\n${text.split('\n')[2]}\n`,
      { name: origin, publicKey },
      sign,
    )
    expect(openCheckpoint(foreign, origin, publicKey)).toMatchObject({ reason: 'malformed' })
  })

  const encoded = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  it.each([
    ['two lines', `o\n1\n`],
    ['no origin', `\n1\n${encoded}\n`],
    ['a leading zero', `o\n01\n${encoded}\n`],
    ['a sign', `o\n+1\n${encoded}\n`],
    ['an exponent', `o\n1e3\n${encoded}\n`],
    ['2^53', `o\n9007199254740992\n${encoded}\n`],
    ['no size', `o\n\n${encoded}\n`],
    ['a short root', `o\n1\nAAECAwQFBgc=\n`],
    ['base64url', `o\n1\n${encoded.replace('8=', '-=')}\n`],
    ['no final newline', `o\n1\n${encoded}`],
    ['an empty extension line', `o\n1\n${encoded}\n\nx\n`],
  ])('are refused: %s', (_, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('may have extension lines', () => {
    expect(parseCheckpoint(`o\n1\n${encoded}\nmore\nand more\n`).ok).toBe(true)
  })
})

describe('origins', () => {
  it('name the network, the gateway and, after a restore, the run', () => {
    expect(originOf('local', gatewayId, 2)).toBe(`fieldproof/local/${gatewayId}/2`)
    expect(isOriginOf(origin, 'local', gatewayId)).toBe(true)
    expect(isOriginOf(`${origin}/2`, 'local', gatewayId)).toBe(true)
    expect(isOriginOf(`${origin}/17`, 'local', gatewayId)).toBe(true)
    for (const bad of ['', '/', '/0', '/1', '/02', '/2/3', '/x', 'x', '/9999999999'])
      if (bad !== '')
        expect([bad, isOriginOf(origin + bad, 'local', gatewayId)]).toEqual([bad, false])
    expect(isOriginOf(origin, 'locale', gatewayId)).toBe(false)
    expect(isOriginOf(`x${origin}`, 'local', gatewayId)).toBe(false)
  })
})

describe('tile paths', () => {
  it.each([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/1/999.p/17', { level: 1, index: 999, width: 17 }],
    ['tile/2/x001/000.p/1', { level: 2, index: 1000, width: 1 }],
    ['tile/63/000.p/255', { level: 63, index: 0, width: 255 }],
    [
      'tile/0/x009/x007/x199/x254/x740/991',
      { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 },
    ],
  ])('%s', (path, tile) => {
    expect(formatTile(tile)).toBe(path)
    expect(parseTile(path)).toEqual(tile)
  })

  it.each([
    '',
    'tile/0',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/001',
    'tile/0/001/067',
    'tile/0/x001',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x001/x001/x001/x001/x001/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/entries/000',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/../000',
  ])('%j is none', (path) => {
    expect(parseTile(path)).toBeUndefined()
  })
})
