/** The worked bytes of the protocol, made by this project's encoder. */
import { fromHex, toB64u, toHex, utf8 } from '../../gateway/core/bytes.js'
import { encodeCoseKey } from '../../gateway/core/cose/header.js'
import { assembleSign1, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { ed25519PublicKey, ed25519Sign, sha256 } from '../../gateway/core/crypto.js'
import { deviceIdOf, kidOf, thumbprint } from '../../gateway/core/device/key.js'
import { crc16Text } from '../../gateway/core/frame/crc16.js'
import { formatSentence } from '../../gateway/core/frame/sentence.js'
import { encodePack, type Value } from '../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../gateway/core/senml/reading.js'

const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')!
const network = 'testnet'
const seq = 70_000
const time = 1_762_000_000

const station: Value[] = [
  { metric: 'temperature', time, value: { m: 215, e: -1 } },
  { metric: 'humidity', time, value: { m: 563, e: -1 } },
  { metric: 'pm25', time, value: { m: 1233, e: -2 } },
  { metric: 'pm10', time, value: { m: 2107, e: -2 } },
]

/** The content of fp1.json. */
export function fp1(): object {
  const pub = ed25519PublicKey(seed)
  return {
    seed: toHex(seed),
    pub: toHex(pub),
    cose_key: toHex(encodeCoseKey(pub)),
    ckt: toHex(thumbprint(pub)),
    kid: toHex(kidOf(pub)),
    deviceId: deviceIdOf(pub),
    crc16_check: crc16Text('123456789'),
    vectors: [
      worked('single', -8, station.slice(0, 1)),
      worked('station4', -8, station),
      worked('single', -19, station.slice(0, 1)),
      worked('station4', -19, station),
    ],
  }
}

function worked(name: string, alg: -8 | -19, values: readonly Value[]): object {
  const protectedBytes = encodeReadingHeader({ alg, kid: kidOf(ed25519PublicKey(seed)), seq })
  const payload = encodePack(values)
  const signed = toBeSigned('rd', network, protectedBytes, payload)
  const message = assembleSign1(protectedBytes, payload, ed25519Sign(signed, seed))
  return {
    name,
    alg,
    network,
    external_aad: toHex(utf8(`FP1:rd:${network}`)),
    seq,
    protected: toHex(protectedBytes),
    payload: toHex(payload),
    sig_structure: toHex(signed),
    cose_sign1: toHex(message),
    leaf: toHex(sha256(Uint8Array.of(0), message)),
    serial: formatSentence('RD', ['12', toB64u(message)]).trimEnd(),
  }
}
