import { describe, expect, it } from 'vitest'
import { concat } from '../../../gateway/core/bytes.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { formatCheckpoint, originOf } from '../../../gateway/core/log/checkpoint.js'
import { hashBytes, inclusionPath, leafHash, rootAt } from '../../../gateway/core/log/tree.js'
import { compareViews, viewOfOther, viewOfProof } from '../../../gateway/core/proof/against.js'
import { buildProofFile, type ProofFile } from '../../../gateway/core/proof/proofFile.js'
import { holderOf } from '../../support/holder.js'
import { readingOf } from '../../support/reading.js'

const network = 'testnet'
const gateway = holderOf(1)
const device = holderOf(2)
const message = (seq: number): Uint8Array => readingOf(device, network, seq)

/** The log of readings with these sequence numbers. */
function logOf(seqs: readonly number[]) {
  const messages = seqs.map(message)
  const leaves = concat(...messages.map(leafHash))
  const read = async (_: number, start: number, count: number): Promise<Uint8Array> =>
    leaves.subarray(start * hashBytes, (start + count) * hashBytes)
  const origin = originOf(network, deviceIdOf(gateway.publicKey))
  const checkpoint = async (size: number): Promise<string> => {
    const head = { origin, size, root: await rootAt(read, size) }
    return formatCheckpoint(head, gateway.publicKey, gateway.sign)
  }
  return {
    checkpoint,
    proof: async (index: number, size: number): Promise<ProofFile> =>
      buildProofFile({
        network,
        gatewayKey: gateway.publicKey,
        message: messages[index]!,
        deviceKey: device.publicKey,
        firstKey: device.publicKey,
        rotations: [],
        index,
        size,
        path: await inclusionPath(read, index, size),
        checkpoint: await checkpoint(size),
      }),
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)
const honest = logOf(range(0, 14))
/** The same up to entry 8. */
const forked = logOf([...range(0, 9), ...range(100, 105)])

function kindOf(a: ProofFile, b: string | ProofFile): string {
  const other = viewOfOther(typeof b === 'string' ? b : JSON.stringify(b), a)
  return other.ok ? compareViews(viewOfProof(a), other.value).kind : other.detail
}

describe('two files of one log', () => {
  it('never show a fork where there is none, whatever they prove', async () => {
    for (const n of [1, 5, 8, 11, 14]) {
      for (const m of [2, 8, 13, 14]) {
        for (let i = 0; i < n; i += 2) {
          const kind = kindOf(await honest.proof(i, n), await honest.proof(m - 1, m))
          expect([n, m, i, kind === 'agree' || kind === 'apart']).toEqual([n, m, i, true])
        }
      }
    }
    expect(kindOf(await honest.proof(3, 14), await honest.checkpoint(14))).toBe('agree')
    expect(kindOf(await honest.proof(3, 14), await honest.checkpoint(8))).toBe('agree')
    expect(kindOf(await honest.proof(3, 14), await honest.checkpoint(13))).toBe('apart')
  })

  it('show a fork at one size by the roots', async () => {
    expect(kindOf(await honest.proof(0, 12), await forked.proof(0, 12))).toBe('fork')
    expect(kindOf(await honest.proof(0, 12), await forked.checkpoint(12))).toBe('fork')
    expect(kindOf(await honest.proof(0, 9), await forked.checkpoint(9))).toBe('agree')
  })

  it('show a fork at two sizes by an entry or a range that both hold', async () => {
    const [a, b] = [await honest.proof(10, 14), await forked.proof(10, 13)]
    const other = viewOfOther(JSON.stringify(b), a)
    const found = other.ok ? compareViews(viewOfProof(a), other.value) : undefined
    expect(found).toMatchObject({ kind: 'fork' })
    expect(found?.detail).toMatch(/two different (entries|ranges of entries) \d+/)
    expect(kindOf(await honest.proof(3, 14), await forked.proof(12, 14 - 1))).toBe('agree')
  })

  it('are refused where they are of another log or do not verify', async () => {
    const a = await honest.proof(3, 14)
    const broken = { ...(await forked.proof(10, 13)), network: 'other' }
    expect(kindOf(a, broken)).toMatch(/broken link message/)
    expect(kindOf(a, 'x\n1\n')).toMatch(/note/)
    const run2 = structuredClone(a)
    const stranger = { ...a, gateway: { ...a.gateway, id: deviceIdOf(device.publicKey) } }
    expect(kindOf(a, stranger)).toMatch(/broken link gateway/)
    expect(kindOf(a, run2)).toBe('agree')
  })
})
