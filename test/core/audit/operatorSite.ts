/** What a gateway publishes of two epochs, with everything that an operator might do to a reading. */

import type { Published } from '../../../gateway/commands/published/published.js'
import { formatReceipt } from '../../../gateway/core/audit/receiptLine.js'
import { concat, toB64u, utf8 } from '../../../gateway/core/bytes.js'
import { encodeReceipt } from '../../../gateway/core/device/downlink.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { formatCheckpoint, originOf } from '../../../gateway/core/log/checkpoint.js'
import { rootOfLeaves } from '../../../gateway/core/log/memoryTree.js'
import { parseTile } from '../../../gateway/core/log/tile.js'
import { leafHash, tileWidth } from '../../../gateway/core/log/tree.js'
import { type Before, closeEpoch, testToken } from '../../../gateway/core/rewards/closing.js'
import { DeviceTally } from '../../../gateway/core/rewards/tally.js'
import { holderOf } from '../../support/holder.js'
import { readingOf } from '../../support/reading.js'

export const gateway = holderOf(7)
export const network = 'testnet'
export const devices = [holderOf(1), holderOf(2)]
export const start = 1_762_000_000
export const epochSec = 1_200
const readingsPerEpoch = 20

export interface Deed {
  /** Sequence of the first device, in the first epoch 100 to 119. */
  seq: number
  what: 'nothing' | 'never logged' | 'not counted' | 'another in its place' | 'no row' | 'late'
}

export interface Site extends Published {
  /** Lines of the receipts that the first device kept, by sequence. */
  receipts: Map<number, string>
}

/** `epochs`: how many are closed; entries after them are in the log. */
export function operatorSite(deed: Deed, epochs = 2): Site {
  const log: Uint8Array[] = []
  const receipts = new Map<number, string>()
  const texts = new Map<string, string>()
  let before: Before | undefined
  for (let n = 1; n <= 2; n++) {
    const from = start + (n - 1) * epochSec
    const span = { from, to: from + epochSec }
    const firstIndex = n === 1 ? 0 : log.length - 1
    const tallies = devices.map(() => new DeviceTally(60, span))
    for (let i = 0; i < readingsPerEpoch; i++) {
      for (const [d, holder] of devices.entries()) {
        const seq = 100 * n + i
        const isIt = d === 0 && seq === deed.seq
        const time = from + 60 * i
        const atMs = (isIt && deed.what === 'late' ? time + 700 : time) * 1_000
        const values = [{ metric: 'temperature', time, value: { m: 200 + i, e: -1 } }] as const
        const message = readingOf(holder, network, seq, values)
        const leaf = leafHash(message)
        const device = deviceIdOf(holder.publicKey)
        const iat = Math.floor(atMs / 1_000)
        if (d === 0)
          receipts.set(
            seq,
            formatReceipt(encodeReceipt({ device, seq, iat, leaf }, gateway, network), message),
          )
        if (isIt && deed.what === 'never logged') continue
        log.push(leaf)
        if (isIt && deed.what === 'not counted') continue
        const other = isIt && deed.what === 'another in its place'
        const reading = { seq, leaf: other ? leafHash(utf8('another')) : leaf, atMs, values }
        tallies[d]!.add(reading)
      }
    }
    if (n > epochs) break
    const closed = closeEpoch(
      { network, gateway, perHour: 10n ** 18n, token: testToken },
      {
        span,
        firstIndex,
        endIndex: log.length,
        devices: devices.flatMap(({ publicKey }, d) =>
          d === 0 && n === 1 && deed.what === 'no row'
            ? []
            : [
                tallies[d]!.finish({
                  device: deviceIdOf(publicKey),
                  owner: `0x${String(d + 1).repeat(40)}`,
                  cell: '871fb4662ffffff',
                  placement: 'outdoor',
                  intervalSec: 60,
                  simulated: false,
                }),
              ],
        ),
        usage: { usageIn: 0n, owed: new Map() },
        aggregates: [],
        before,
      },
    )
    const { json, contributions, aggregates, rewards, record, carryOut, ledger } = closed
    texts.set(`epochs/${n}.json`, JSON.stringify(json))
    texts.set(`epochs/${n}/contributions.ndjson`, contributions)
    texts.set(`epochs/${n}/aggregates.ndjson`, aggregates)
    texts.set(`epochs/${n}/rewards.json`, rewards)
    before = { record, n, carryOut, ledger }
    log.push(leafHash(record))
  }
  const id = deviceIdOf(gateway.publicKey)
  const head = { origin: originOf(network, id), size: log.length, root: rootOfLeaves(log) }
  texts.set('checkpoint', formatCheckpoint(head, gateway.publicKey, gateway.sign))
  texts.set(
    'gateway.json',
    JSON.stringify({ network, id, key: toB64u(gateway.publicKey), vkey: '' }),
  )
  return {
    place: 'the operator',
    isLive: false,
    receipts,
    epochs: async () => Array.from({ length: epochs }, (_, i) => i + 1),
    async read(path) {
      const tile = parseTile(path)
      if (tile === undefined) {
        const text = texts.get(path)
        return text === undefined ? undefined : utf8(text)
      }
      const leaves = tileWidth ** tile.level
      const hashes = Array.from({ length: tile.width }, (_, i) => {
        const at = (tile.index * tileWidth + i) * leaves
        return rootOfLeaves(log.slice(at, at + leaves))
      })
      return concat(...hashes)
    },
  }
}
