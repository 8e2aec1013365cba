/** Rotations (`ro`) and self-revocations (`rv`) that are refused: none may cost a device its key. */
import { uintBytes } from '../../../gateway/core/bytes.js'
import { type CborMap, type CborValue, encode } from '../../../gateway/core/cbor/codec.js'
import { encodeCnf } from '../../../gateway/core/device/cnf.js'
import { kidOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { windowSize } from '../../../gateway/core/limits.js'
import { bstr, hex, int, map, tstr } from '../../../schemas/vectors/raw.js'
import { readingOf } from '../../support/reading.js'
import { headerOf, type SealParts, seal } from '../../support/seal.js'
import { weakKeys } from '../../support/weakKeys.js'
import { type Moment, network, refused, type SignedCase } from './case.js'
import { hostile, hostileId, main, mainId, stranger, suspended } from './holders.js'

interface StatementParts {
  device?: string
  seq?: number
  extra?: [number, CborValue][]
}

function statement({ highest, nowSec }: Moment, parts: StatementParts): CborMap {
  return new Map<CborValue, CborValue>([
    [2, parts.device ?? mainId],
    [6, nowSec],
    [7, uintBytes(parts.seq ?? highest + 1)],
    ...(parts.extra ?? []),
  ])
}

interface RotationParts extends StatementParts {
  /** Who signs inside: the main device where absent. */
  from?: KeyHolder
  to?: KeyHolder
  /** Changes of either layer. */
  inner?: Partial<SealParts>
  outer?: Partial<SealParts>
}

/** A rotation of the main device to a stranger's key, good but for the parts. */
function rotation(moment: Moment, parts: RotationParts = {}): Uint8Array {
  const { from = main, to = stranger } = parts
  const claims = statement(moment, { extra: [[8, encodeCnf(to.publicKey)]], ...parts })
  const base = { kind: 'ro', network } as const
  const inner = seal({ ...base, holder: from, payload: encode(claims), ...parts.inner })
  return seal({ ...base, holder: to, payload: inner, ...parts.outer })
}

/** A revocation of the main device by itself, good but for the parts. */
function revocation(moment: Moment, parts: StatementParts & Partial<SealParts> = {}): Uint8Array {
  const payload = encode(statement(moment, parts))
  return seal({ kind: 'rv', network, holder: main, payload, ...parts })
}

/** What stands in a header that names the main device's key, whoever signs. */
const mainHeader = { protectedBytes: headerOf({ kid: kidOf(main.publicKey) }) }
const note = { unprotected: map(int(4), bstr(hex('00'))) }

const rotations: SignedCase[] = [
  ...refused('ro', 'malformed', [
    ['rotation: no bytes of CBOR', () => hex('ff')],
    ['rotation: a reading', (m) => readingOf(main, network, m.highest + 1)],
    ['rotation: cut before its signature', (m) => rotation(m).subarray(0, -64)],
    ['rotation: not wrapped', (m) => revocation(m)],
    ['rotation: three layers', (m) => rotation(m, { outer: { payload: rotation(m) } })],
    ['rotation: unprotected header outside', (m) => rotation(m, { outer: note })],
    ['rotation: unprotected header inside', (m) => rotation(m, { inner: note })],
    ['rotation: no new key', (m) => rotation(m, { extra: [] })],
    ['rotation: a claim more', (m) => rotation(m, { inner: { payload: withClaim(m) } })],
    ['rotation: iat a float', (m) => rotation(m, { inner: { payload: withFloat(m) } })],
    ['rotation: a device id in upper case', (m) => rotation(m, { device: mainId.toUpperCase() })],
    [
      'rotation: 500 arrays inside one another',
      (m) => rotation(m, { inner: { payload: new Uint8Array(500).fill(0x81) } }),
    ],
  ]),
  ...refused('ro', 'bad-signature', [
    ['rotation: inside signed by nobody known', (m) => rotation(m, { inner: byStranger() })],
    ['rotation: outside signed by the old key', (m) => rotation(m, { outer: byMain() })],
    ['rotation: for another network', (m) => rotation(m, { inner: { network: 'mainnet' } })],
    [
      'rotation: outside for another network',
      (m) => rotation(m, { outer: { network: 'mainnet' } }),
    ],
    ['rotation: inside signed as a reading', (m) => rotation(m, { inner: { kind: 'rd' } })],
    ...weakKeys.map((weak): [string, (m: Moment) => Uint8Array] => [
      `rotation: to a key ${weak.name}`,
      (m) => rotation(m, { to: weak }),
    ]),
  ]),
  ...refused('ro', 'unknown-device', [
    ['rotation: from a key that never enrolled', (m) => rotation(m, { from: stranger })],
    ['rotation: of another device, by this key', (m) => rotation(m, { device: hostileId })],
  ]),
  ...refused('ro', 'revoked', [
    ['rotation: to the key that it has', (m) => rotation(m, { to: main })],
    ['rotation: to the key of another device', (m) => rotation(m, { to: hostile })],
    ['rotation: to the key of a suspended device', (m) => rotation(m, { to: suspended })],
  ]),
  ...refused('ro', 'equivocation', [
    ['rotation: with the sequence of a reading', (m) => rotation(m, { seq: m.highest })],
  ]),
  ...refused('ro', 'replayed', [
    ['rotation: 64 below the highest', (m) => rotation(m, { seq: m.highest - windowSize })],
  ]),
]

const revocations: SignedCase[] = [
  ...refused('rv', 'malformed', [
    ['revocation: a reading', (m) => readingOf(main, network, m.highest + 1)],
    ['revocation: a claim more', (m) => revocation(m, { payload: withClaim(m) })],
    ['revocation: iat a float', (m) => revocation(m, { payload: withFloat(m) })],
    ['revocation: unprotected header', (m) => revocation(m, note)],
  ]),
  ...refused('rv', 'bad-signature', [
    ['revocation: signed by nobody known', (m) => revocation(m, byStranger())],
    ['revocation: for another network', (m) => revocation(m, { network: 'mainnet' })],
    ['revocation: signed as a rotation', (m) => revocation(m, { kind: 'ro' })],
  ]),
  ...refused('rv', 'unknown-device', [
    ['revocation: by a key that never enrolled', (m) => revocation(m, { holder: stranger })],
    ['revocation: by another device', (m) => revocation(m, { holder: hostile, seq: 2 ** 40 })],
    ['revocation: of another device', (m) => revocation(m, { device: hostileId })],
  ]),
  ...refused('rv', 'equivocation', [
    ['revocation: with the sequence of a reading', (m) => revocation(m, { seq: m.highest })],
  ]),
  ...refused('rv', 'replayed', [
    ['revocation: 64 below the highest', (m) => revocation(m, { seq: m.highest - windowSize })],
  ]),
]

function byStranger(): Partial<SealParts> {
  return { holder: stranger, ...mainHeader }
}

function byMain(): Partial<SealParts> {
  return { holder: main, protectedBytes: headerOf({ kid: kidOf(stranger.publicKey) }) }
}

function withClaim(moment: Moment): Uint8Array {
  return encode(statement(moment, { extra: [[9, 1]] }))
}

function withFloat({ highest }: Moment): Uint8Array {
  const seq = bstr(uintBytes(highest + 1))
  return map(int(2), tstr(mainId), int(6), hex('fb 41da4000 00000000'), int(7), seq)
}

export const keyChanges: readonly SignedCase[] = [...rotations, ...revocations]
