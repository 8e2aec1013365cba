/** Messages of a gateway to a device: which it obeys, and which it must ignore. */
import { fromHex, toHex } from '../../gateway/core/bytes.js'
import type { CborMap, CborValue } from '../../gateway/core/cbor/codec.js'
import {
  encodeConfiguration,
  encodeReceipt,
  encodeTime,
} from '../../gateway/core/device/downlink.js'
import { type KeyHolder, sealClaims } from '../../gateway/core/device/message.js'
import { vectorTime } from './message.js'

const nonce = fromHex('00010203')!
const leaf = fromHex('65d6c614b5f480565205d0c7db71d735b9bb65d74965c1b89f5b4685e1459018')!
/** A device id, but another one's. */
const stranger = 'aaaaaaaaaaaaa'

interface DownlinkVector {
  name: string
  kind: 'tm' | 'cm' | 'rc'
  /** What a device takes from it; absent where it must ignore it. */
  obeyed?: string
  hex: string
}

/** `other`: a key that is not the gateway's. */
export function downlinks(
  device: string,
  gateway: KeyHolder,
  other: KeyHolder,
  network: string,
): DownlinkVector[] {
  const time = { device, nonce, sec: vectorTime, ms: 250 }
  const command = { device, cmdNo: 3, iat: vectorTime, intervalSec: 60, records: 10 }
  const receipt = { device, seq: 70_000, iat: vectorTime, leaf }
  const tm = encodeTime(time, gateway, network)
  const cm = encodeConfiguration(command, gateway, network)
  const rc = encodeReceipt(receipt, gateway, network)
  const row = (
    name: string,
    kind: DownlinkVector['kind'],
    bytes: Uint8Array,
    obeyed?: string,
  ): DownlinkVector => ({
    name,
    kind,
    ...(obeyed === undefined ? {} : { obeyed }),
    hex: toHex(bytes),
  })
  const claims = (...rows: [CborValue, CborValue][]): CborMap => new Map(rows)
  const settings = (iv: CborValue, nr: CborValue): CborMap =>
    new Map([['iv', iv] as const, ['nr', nr] as const])
  const commandOf = (iv: CborValue, nr: CborValue): Uint8Array =>
    sealClaims(
      'cm',
      claims([1, device], [2, 3], [3, vectorTime], [4, settings(iv, nr)]),
      gateway,
      network,
    )
  return [
    row('time', 'tm', tm, `${vectorTime * 1_000 + 250}`),
    row(
      'time in the year 2106',
      'tm',
      encodeTime({ ...time, sec: 2 ** 32 }, gateway, network),
      '4294967296250',
    ),
    row('configuration', 'cm', cm, '3 60 10'),
    row('configuration at its bounds', 'cm', commandOf(86_400, 64), '3 86400 64'),
    row('receipt', 'rc', rc, `70000 ${vectorTime} ${toHex(leaf)}`),
    row('time of another key', 'tm', encodeTime(time, other, network)),
    row('time in another network', 'tm', encodeTime(time, gateway, 'other')),
    row(
      'time for another device',
      'tm',
      encodeTime({ ...time, device: stranger }, gateway, network),
    ),
    row(
      'time for another nonce',
      'tm',
      encodeTime({ ...time, nonce: fromHex('00010204')! }, gateway, network),
    ),
    row('time before 2^28', 'tm', encodeTime({ ...time, sec: 2 ** 28 - 1 }, gateway, network)),
    row(
      'time with 1000 ms',
      'tm',
      sealClaims('tm', claims([1, device], [5, nonce], [6, [vectorTime, 1000]]), gateway, network),
    ),
    row(
      'time that is signed as a configuration',
      'tm',
      sealClaims('cm', claims([1, device], [5, nonce], [6, [vectorTime, 0]]), gateway, network),
    ),
    row(
      'time with another claim',
      'tm',
      sealClaims(
        'tm',
        claims([1, device], [5, nonce], [6, [vectorTime, 0]], [7, 1]),
        gateway,
        network,
      ),
    ),
    row('time with a bit of the payload changed', 'tm', flipped(tm, tm.length - 70)),
    row('time with a bit of the signature changed', 'tm', flipped(tm, tm.length - 1)),
    row('time with a byte after it', 'tm', Uint8Array.of(...tm, 0)),
    row('time cut short', 'tm', tm.slice(0, -1)),
    row(
      'time with a type in its header',
      'tm',
      sealClaims(
        'tm',
        claims([1, device], [5, nonce], [6, [vectorTime, 0]]),
        gateway,
        network,
        'x',
      ),
    ),
    row('nothing', 'tm', new Uint8Array()),
    row('configuration with an interval of 0', 'cm', commandOf(0, 1)),
    row('configuration with an interval of more than a day', 'cm', commandOf(86_401, 1)),
    row('configuration without records', 'cm', commandOf(60, 0)),
    row('configuration with 65 records', 'cm', commandOf(60, 65)),
    row('configuration with a negative interval', 'cm', commandOf(-1, 1)),
    row('configuration with a text for a number', 'cm', commandOf('60', 1)),
    row('receipt that is a configuration', 'rc', cm),
    row(
      'receipt with a leaf of 31 bytes',
      'rc',
      encodeReceipt({ ...receipt, leaf: leaf.subarray(1) }, gateway, network),
    ),
  ]
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice()
  out[at]! ^= 1
  return out
}
