/**
 * An operator who leaves an owner out: both readings are logged and have receipts, the statement has
 * one row. What the operator signed contradicts itself, and the owner holds all of it.
 */

import { type OmissionFile, verifyOmission } from '../../gateway/core/audit/omission.js'
import { formatReceipt } from '../../gateway/core/audit/receiptLine.js'
import { toB64u, utf8 } from '../../gateway/core/bytes.js'
import { ed25519Verify, sha256 } from '../../gateway/core/crypto.js'
import { formatAddress } from '../../gateway/core/device/address.js'
import { encodeReceipt } from '../../gateway/core/device/downlink.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { pathInLeaves, rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { closeEpoch, testToken } from '../../gateway/core/rewards/closing.js'
import { DeviceTally } from '../../gateway/core/rewards/tally.js'
import { encodePack } from '../../gateway/core/senml/pack.js'
import { sealReading } from '../device.js'
import { type DeviceKey, deviceKey } from '../key.js'
import type { Seen } from './attack.js'
import { temperature } from './rig.js'

const network = 'attack'
const from = 1_762_000_000
const span = { from, to: from + 60 }
const cell = '871fb4670ffffff'

export function dropOwner(): Seen {
  const operator = deviceKey(network, 'operator', 'node')
  const [kept, dropped] = [
    deviceKey(network, 'kept', 'node'),
    deviceKey(network, 'dropped', 'node'),
  ]
  const messages = [kept, dropped].map(readingOf)
  const closed = closeEpoch(
    { network, gateway: operator, perHour: 3_600n, token: testToken },
    {
      span,
      firstIndex: 0,
      endIndex: messages.length,
      devices: [tallyOf(kept, messages[0]!)],
      usage: { usageIn: 0n, owed: new Map() },
      aggregates: [],
      before: undefined,
    },
  )
  const leaves = [...messages, closed.record].map(leafHash)
  const head = { origin: originOf(network, operator.id), size: 3, root: rootOfLeaves(leaves) }
  const leaf = leafHash(messages[1]!)
  const fields = { device: dropped.id, seq: 1, iat: from + 10, leaf }
  const receipt = encodeReceipt(fields, operator, network)
  const evidence: OmissionFile = {
    v: 1,
    kind: 'no-row',
    network,
    gateway: { id: operator.id, key: toB64u(operator.publicKey) },
    checkpoint: formatCheckpoint(head, operator.publicKey, operator.sign),
    records: [toB64u(closed.record)],
    placed: [
      {
        line: formatReceipt(receipt, messages[1]),
        index: 1,
        path: pathInLeaves(1, leaves).map(toB64u),
      },
    ],
    contributions: closed.contributions,
  }
  const proved = verifyOmission(JSON.stringify(evidence), ed25519Verify)
  return { held: proved.ok, detail: proved.ok ? proved.value : proved.detail }
}

function readingOf(key: DeviceKey): Uint8Array {
  return sealReading(key, network, 1, encodePack([temperature(from + 10, 200)]))
}

function tallyOf({ id, publicKey }: DeviceKey, message: Uint8Array) {
  const tally = new DeviceTally(60, span)
  const values = [temperature(from + 10, 200)]
  tally.add({ seq: 1, leaf: leafHash(message), atMs: (from + 10) * 1_000, values })
  return tally.finish({
    device: id,
    owner: formatAddress(sha256(utf8('owner'), publicKey).subarray(0, 20)),
    cell,
    placement: 'outdoor',
    intervalSec: 60,
    simulated: true,
  })
}
