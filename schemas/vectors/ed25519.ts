/**
 * Edge cases of Ed25519 on which libraries disagree (the kinds of Chalkias, Garillot, Nikolaenko:
 * "Taming the many EdDSAs", 2020), and what PROTOCOL 1 says of each: cofactorless, S < L, canonical
 * encodings, no small-order key or R. Every verdict follows from how the case is made, never from
 * running a verifier. Deterministic.
 */
import { Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, fromHex, toHex, utf8 } from '../../gateway/core/bytes.js'

interface SignatureCase {
  name: string
  key: string
  message: string
  signature: string
  valid: boolean
}

interface KeyCase {
  name: string
  key: string
  /** Canonical encoding of a point of prime order. */
  enrollable: boolean
}

const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n
const fieldPrime = 2n ** 255n - 19n
const signBit = 2n ** 255n

/** Secret scalars; any will do. */
const a = scalar('key')
const r = scalar('nonce')
const honestKey = Point.BASE.multiply(a)
const honestR = Point.BASE.multiply(r)

/** All eight points of small order: i times a point of order 8. */
const eighth = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const torsion = Array.from({ length: 8 }, (_, i) => eighth.multiplyUnsafe(BigInt(i)))
const orders = [1, 8, 4, 8, 2, 8, 4, 8]

function scalar(name: string): bigint {
  return fromLittleEndian(sha512(utf8(`fieldproof ed25519 ${name}`))) % groupOrder
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`)
}

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'))!.reverse()
}

/** k = SHA-512(R || A || M) mod L, over the bytes as they are sent. */
function challenge(rBytes: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(sha512(concat(rBytes, key, message))) % groupOrder
}

/** The first message for which the challenge has the property: it takes about eight tries. */
function messageWhere(
  rBytes: Uint8Array,
  key: Uint8Array,
  holds: (k: bigint) => boolean,
): { message: Uint8Array; k: bigint } {
  for (let n = 0; ; n++) {
    const message = utf8(`message ${n}`)
    const k = challenge(rBytes, key, message)
    if (holds(k)) return { message, k }
  }
}

function caseOf(
  name: string,
  key: Uint8Array,
  message: Uint8Array,
  rBytes: Uint8Array,
  s: bigint,
  valid: boolean,
): SignatureCase {
  const signature = toHex(concat(rBytes, littleEndian(s)))
  return { name, key: toHex(key), message: toHex(message), signature, valid }
}

/** S = r + k a: satisfies the equation without torsion parts. */
function response(k: bigint, nonce: bigint): bigint {
  return (nonce + k * a) % groupOrder
}

function honestCases(): SignatureCase[] {
  const key = honestKey.toBytes()
  const rBytes = honestR.toBytes()
  return ['', 'a', 'message', 'x'.repeat(300)].map((text) => {
    const message = utf8(text)
    const s = response(challenge(rBytes, key, message), r)
    return caseOf(`honest, ${text.length} bytes`, key, message, rBytes, s, true)
  })
}

function brokenCases(): SignatureCase[] {
  const key = honestKey.toBytes()
  const rBytes = honestR.toBytes()
  const message = utf8('message')
  const s = response(challenge(rBytes, key, message), r)
  const other = Point.BASE.multiply(r + 1n).toBytes()
  const cases = [
    caseOf('another message', key, utf8('messagf'), rBytes, s, false),
    caseOf('another key', other, message, rBytes, s, false),
    caseOf('another R', key, message, other, s, false),
    caseOf('S + 1', key, message, rBytes, s + 1n, false),
    caseOf('S = 0', key, message, rBytes, 0n, false),
    caseOf('S = L', key, message, rBytes, groupOrder, false),
    caseOf('all of the signature zero', key, message, new Uint8Array(32), 0n, false),
    caseOf('key not on the curve', littleEndian(2n), message, rBytes, s, false),
    caseOf('R not on the curve', key, message, littleEndian(2n), s, false),
  ]
  // S + n L is the same scalar; only S < L is in the one form that RFC 8032 asks for.
  for (const n of [1n, 2n, 8n, 14n])
    cases.push(caseOf(`S + ${n} L`, key, message, rBytes, s + n * groupOrder, false))
  return cases
}

/** A of small order: anyone can sign for it, S = r and R = r B hold whenever k A = 0. */
function smallKeyCases(): SignatureCase[] {
  const rBytes = honestR.toBytes()
  return smallEncodings().map(([name, key, index]) => {
    const holds = (k: bigint) => (k * BigInt(index)) % 8n === 0n
    const { message } = messageWhere(rBytes, key, holds)
    return caseOf(`key: ${name}`, key, message, rBytes, r, false)
  })
}

/** R of small order: R = i E, and S = k a with the torsion of the key taking it away. */
function smallNonceCases(): SignatureCase[] {
  return smallEncodings().map(([name, rBytes, index]) => {
    const key = index === 0 ? honestKey : honestKey.add(eighth)
    const bytes = key.toBytes()
    const holds = (k: bigint) => index === 0 || (k + BigInt(index)) % 8n === 0n
    const { message, k } = messageWhere(rBytes, bytes, holds)
    return caseOf(`R: ${name}`, bytes, message, rBytes, response(k, 0n), false)
  })
}

/** Every encoding of a small-order point that some decoder takes, with its multiple of E. */
function smallEncodings(): [name: string, bytes: Uint8Array, index: number][] {
  const out: [string, Uint8Array, number][] = []
  for (const [index, point] of torsion.entries()) {
    out.push([`order ${orders[index]}, ${index} E`, point.toBytes(), index])
    const { x, y } = point.toAffine()
    const sign = x & 1n ? signBit : 0n
    // y + p still fits in 255 bits for y = 0 and 1 alone.
    if (y < 19n) {
      const bytes = littleEndian(y + fieldPrime + sign)
      out.push([`order ${orders[index]}, ${index} E, y not canonical`, bytes, index])
    }
    if (x === 0n) {
      const bytes = littleEndian(y + signBit)
      out.push([`order ${orders[index]}, ${index} E, sign of x = 0`, bytes, index])
    }
    if (x === 0n && y < 19n) {
      const bytes = littleEndian(y + fieldPrime + signBit)
      out.push([`order ${orders[index]}, ${index} E, neither canonical`, bytes, index])
    }
  }
  return out
}

/** Key or R with a part of small order: valid with the cofactor always, without it sometimes. */
function mixedCases(): SignatureCase[] {
  const cases: SignatureCase[] = []
  const honestBytes = honestKey.toBytes()
  const rBytes = honestR.toBytes()
  for (const i of [1, 2, 4, 7]) {
    const part = torsion[i]!
    const key = honestKey.add(part).toBytes()
    const vanishes = (k: bigint) => (k * BigInt(i)) % 8n === 0n
    const stays = (k: bigint) => !vanishes(k)
    const kept = messageWhere(rBytes, key, stays)
    const gone = messageWhere(rBytes, key, vanishes)
    const name = `order ${orders[i]} part`
    cases.push(
      caseOf(`key with ${name}, k keeps it`, key, kept.message, rBytes, response(kept.k, r), false),
      caseOf(`key with ${name}, k kills it`, key, gone.message, rBytes, response(gone.k, r), true),
    )
    const mixedR = honestR.add(part).toBytes()
    const message = utf8('message')
    const k = challenge(mixedR, honestBytes, message)
    cases.push(caseOf(`R with ${name}`, honestBytes, message, mixedR, response(k, r), false))
    const cancels = messageWhere(mixedR, key, (value) => ((value + 1n) * BigInt(i)) % 8n === 0n)
    cases.push(
      caseOf(
        `key and R with ${name}, they cancel`,
        key,
        cancels.message,
        mixedR,
        response(cancels.k, r),
        true,
      ),
    )
  }
  return cases
}

/** Encodings with y >= p of points that are not of small order: never canonical, never valid. */
function notCanonical(): [string, Uint8Array][] {
  const out: [string, Uint8Array][] = []
  for (let y = 2n; y < 19n; y++) {
    try {
      Point.fromBytes(littleEndian(y))
      out.push([`y = p + ${y}`, littleEndian(y + fieldPrime)])
    } catch {
      // No point has this y.
    }
  }
  return out
}

function notCanonicalCases(): SignatureCase[] {
  const message = utf8('message')
  const key = honestKey.toBytes()
  const rBytes = honestR.toBytes()
  return notCanonical().flatMap(([name, bytes]) => [
    caseOf(`key ${name}`, bytes, message, rBytes, r, false),
    caseOf(`R ${name}`, key, message, bytes, r, false),
  ])
}

function keyCases(): KeyCase[] {
  const cases: KeyCase[] = [
    { name: 'honest', key: toHex(honestKey.toBytes()), enrollable: true },
    { name: 'the base point', key: toHex(Point.BASE.toBytes()), enrollable: true },
    { name: 'not on the curve', key: toHex(littleEndian(2n)), enrollable: false },
  ]
  for (const [name, bytes] of smallEncodings())
    cases.push({ name, key: toHex(bytes), enrollable: false })
  for (const i of [1, 2, 4, 7]) {
    const key = toHex(honestKey.add(torsion[i]!).toBytes())
    cases.push({ name: `with a part of order ${orders[i]}`, key, enrollable: false })
  }
  for (const [name, bytes] of notCanonical())
    cases.push({ name, key: toHex(bytes), enrollable: false })
  return cases
}

/** The content of ed25519-edge.json: hex throughout. */
export function ed25519Edge(): { signatures: SignatureCase[]; keys: KeyCase[] } {
  return {
    signatures: [
      ...honestCases(),
      ...brokenCases(),
      ...smallKeyCases(),
      ...smallNonceCases(),
      ...mixedCases(),
      ...notCanonicalCases(),
    ],
    keys: keyCases(),
  }
}
