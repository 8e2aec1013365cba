/** Where fuzzing starts from: the vectors, and one good message, line or text of each kind. */
import { toB64u, utf8 } from '../../gateway/core/bytes.js'
import { encodeHeader } from '../../gateway/core/cose/header.js'
import { parseSign1 } from '../../gateway/core/cose/sign1.js'
import { encodeAdmission } from '../../gateway/core/device/admission.js'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import {
  encodeConfiguration,
  encodeReceipt,
  encodeTime,
} from '../../gateway/core/device/downlink.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf, kidOf } from '../../gateway/core/device/key.js'
import { encodeRotation, encodeSelfRevocation } from '../../gateway/core/device/rotation.js'
import { formatAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { formatCheckpoint } from '../../gateway/core/log/checkpoint.js'
import { encodeEpoch, noPreviousRecord } from '../../gateway/core/log/epoch.js'
import { buildFork } from '../../gateway/core/log/fork.js'
import { formatVkey } from '../../gateway/core/log/note.js'
import { buildProofFile } from '../../gateway/core/proof/proofFile.js'
import { holderOf } from '../support/holder.js'
import { proofVectors } from '../support/proofVectors.js'
import { hexBytes, invalidVectors, validVectors, vectorText } from '../support/vectors.js'

const network = 'testnet'
const iat = 1_762_000_000
const holder = holderOf(1)
const next = holderOf(2)
const gateway = holderOf(3)
const device = deviceIdOf(holder.publicKey)
const serial = JSON.parse(vectorText('serial')) as {
  lines: { line: string }[]
  streams: { hex: string }[]
}
const good = validVectors().vectors.map(({ hex }) => hexBytes(hex))

const hostile = invalidVectors().vectors.map(({ hex }) => hexBytes(hex))

/** As many good ones as hostile ones, for most changes of a hostile one meet its first fault. */
export const readings = [...hostile.map((_, i) => good[i % good.length]!), ...hostile]
export const headers = [
  encodeHeader({ alg: -8, kid: kidOf(holder.publicKey) }),
  encodeHeader({ alg: -19, kid: kidOf(holder.publicKey), typ: 'fp-enrol+cwt' }),
]

export const enrolments = [
  encodeEnrolment(
    {
      nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      model: 'FP-Solo',
      firmware: 'fieldproof-solo',
      version: '1.0.3',
      metrics: ['temperature', 'humidity'],
      owner: '0x52908400098527886E0F7030069857D2E4169EE7',
      cell: '871fb4662ffffff',
      soldMetrics: ['temperature'],
      soldResolution: 6,
    },
    holder,
    network,
  ),
]
export const rotations = [encodeRotation({ device, iat, seq: 70_001 }, holder, next, network)]
export const revocations = [encodeSelfRevocation({ device, iat, seq: 70_002 }, holder, network)]
export const admissions = [
  encodeAdmission(
    {
      device,
      iat,
      state: 'active',
      owner: '0x52908400098527886E0F7030069857D2E4169EE7',
      cell: '871fb4662ffffff',
      proof: new Uint8Array(32),
      intervalSec: 60,
      placement: 'outdoor',
      simulated: true,
      soldMetrics: ['humidity', 'temperature'],
      soldResolution: 5,
    },
    gateway,
    network,
  ),
]
export const downlinks = [
  encodeTime({ device, nonce: new Uint8Array(4), sec: iat, ms: 250 }, gateway, network),
  encodeConfiguration({ device, cmdNo: 3, iat, intervalSec: 60, records: 10 }, gateway, network),
  encodeReceipt({ device, seq: 70_000, iat, leaf: new Uint8Array(32) }, gateway, network),
]
export const epochs = [
  encodeEpoch(
    {
      network,
      n: 1,
      from: iat,
      to: iat + 3_600,
      firstIndex: 0,
      endIndex: 70,
      contribRoot: new Uint8Array(32),
      contribCount: 2,
      aggRoot: new Uint8Array(32),
      aggCount: 0,
      rewardRoot: new Uint8Array(32),
      paid: 10n ** 18n,
      previous: noPreviousRecord(),
      ruleset: new Uint8Array(32),
      money: { poolIn: 10n ** 18n, carryIn: 5n, usageIn: 7n, unallocated: 10n, carryOut: 2n },
    },
    gateway,
  ),
]
export const rows = JSON.parse(vectorText('rewards')).epoch.rows.map(utf8) as Uint8Array[]
export const passwords = [utf8(encodeConnectToken(holder, network, iat))]

/** Payloads and headers too: most of what is inside a message never shows on the outside. */
export const cborItems = [...good, ...hostile, ...enrolments, ...admissions, ...downlinks].flatMap(
  (message) => {
    const parsed = parseSign1(message)
    return parsed.ok ? [message, parsed.value.payload, parsed.value.protectedBytes] : [message]
  },
)

export const lines = serial.lines.map(({ line }) => utf8(line))
export const streams = serial.streams.map(({ hex }) => hexBytes(hex))
export const texts = ['', 'AA', 'AAE', 'AAEC', '-_-_', toB64u(holder.publicKey)].map(utf8)
export const times = ['PT15M', 'P1DT1H1M1S', '2026-11-21T00:00:00Z', '2024-02-29T23:59:59Z'].map(
  utf8,
)
export const topics = [
  `d/${device}/up/rd`,
  `d/${device}/st`,
  `d/${device}/dn/#`,
  `enrol/${device}/res`,
  'pub/epoch/12',
  'live/pm25/871fb4662ffffff/900',
  'b/buyer/res/q1',
  '+/+/st',
].map(utf8)

const [checkpoint, other] = [0, 1].map((fill) =>
  formatCheckpoint(
    { origin: `fieldproof/${network}/${device}`, size: 2, root: new Uint8Array(32).fill(fill) },
    gateway.publicKey,
    gateway.sign,
  ),
) as [string, string]
export const notes = [utf8(checkpoint)]
const logKey = { name: `fieldproof/${network}/${device}`, publicKey: gateway.publicKey }
const witnessKey = formatVkey({ name: 'w', publicKey: holder.publicKey }, 'cosignature')
const proof = [new Uint8Array(32), new Uint8Array(32).fill(1)]
export const requests = [
  utf8(formatAddCheckpoint({ oldSize: 1, proof, checkpoint })),
  utf8(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint })),
]
export const policies = [
  utf8(`log ${formatVkey(logKey)} http://a\nwitness A ${witnessKey}\ngroup g any A\nquorum g\n`),
  utf8('# none\nquorum none\n'),
]
export const forks = [
  buildFork(logKey, checkpoint, other, []),
  buildFork(logKey, checkpoint, checkpoint, proof),
].map((fork) => utf8(JSON.stringify(fork)))
export const checkpoints = [utf8(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1))]
export const proofs = [
  utf8(
    JSON.stringify(
      buildProofFile({
        network,
        gatewayKey: gateway.publicKey,
        message: good[0]!,
        deviceKey: next.publicKey,
        firstKey: holder.publicKey,
        rotations,
        index: 1,
        size: 2,
        path: [new Uint8Array(32)],
        checkpoint,
      }),
    ),
  ),
]
export const tiles = ['tile/0/000', 'tile/1/x001/234.p/17', 'tile/63/x999/x999/999'].map(utf8)

/** Those of schemas/vectors/proof.json. */
export const packedProofs = Object.values(proofVectors().files).map(({ packed }) =>
  hexBytes(packed),
)
