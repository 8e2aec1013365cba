import { describe, expect, it } from 'vitest'
import { toHex } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { verifyProofFile } from '../../gateway/core/proof/proofLinks.js'
import { prove } from '../../gateway/pipeline/prove.js'
import type { VectorDevice } from '../../schemas/vectors/settledLog.js'
import { proofVectors } from '../support/proofVectors.js'
import { type ProveSite, proveSite } from './proveSite.js'

async function proofOf(site: ProveSite, device: VectorDevice, seq: number) {
  const proof = await prove(site.parts, device.id, seq)
  if (!proof.ok) throw new Error(proof.detail)
  return proof.value
}

const site = proveSite()
const { calm, rotated, poor } = site.log.devices
const { files } = proofVectors()

describe('the proof of a reading', () => {
  it.each<[string, VectorDevice, number]>([
    ['counted', calm, 125],
    ['rotated', rotated, 112],
    ['late', rotated, 103],
    ['nothing', poor, 102],
    ['open', calm, 141],
  ])('%s is that of the vectors', async (name, device, seq) => {
    expect(await proofOf(site, device, seq)).toEqual(files[name]!.file)
  })

  it('holds for every reading of the log, whatever its epoch', async () => {
    for (const [index, { kind, device, seq }] of site.log.entries.entries()) {
      if (kind !== 'rd') continue
      const proof = await proofOf(site, device!, seq!)
      const report = verifyProofFile(JSON.stringify(proof), { verify: () => true })
      expect([proof.log.index, report.failed]).toEqual([index, undefined])
    }
  })

  it('has the parts of its epoch once that is closed', async () => {
    const before = proveSite(1)
    expect(await proofOf(before, calm, 125)).not.toHaveProperty('epoch')
    expect(await proofOf(before, calm, 115)).toHaveProperty('reward')
  })

  it('is for who has the message', async () => {
    const index = site.indexOf(calm, 125)
    const digest = toHex(sha256(site.log.entries[index]!.bytes))
    expect((await prove(site.parts, calm.id, 125, digest)).ok).toBe(true)
    expect(await prove(site.parts, calm.id, 125, '00'.repeat(32))).toMatchObject({ ok: false })
    expect(await prove(site.parts, calm.id, 999)).toMatchObject({ ok: false })
  })
})

describe('what was dropped after the retention', () => {
  it('is not needed where every reading of the row counts', async () => {
    const one = proveSite()
    for (let seq = 100; seq < 120; seq++) if (seq !== 115) one.dropped.add(one.indexOf(calm, seq))
    one.bodiesRead = 0
    const proof = await prove(one.parts, calm.id, 115)
    expect(proof.ok && proof.value.contribution?.reading).toMatchObject({ index: 15, size: 20 })
    expect(one.bodiesRead).toBe(1)
  })

  it('is named where it hides which readings were late', async () => {
    const one = proveSite()
    one.dropped.add(one.indexOf(rotated, 103))
    expect(await prove(one.parts, rotated.id, 112)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('older than the retention'),
    })
  })

  it('cannot be proved itself', async () => {
    const one = proveSite()
    one.dropped.add(one.indexOf(calm, 115))
    expect(await prove(one.parts, calm.id, 115)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('older than the retention'),
    })
  })
})

it('refuses to prove from a statement that is not of this log', async () => {
  const one = proveSite()
  const { settlements } = one.parts
  const read = settlements.read.bind(settlements)
  one.parts.settlements = {
    ...settlements,
    read: async (n) => {
      const found = await read(n)
      return found && { ...found, contributions: found.contributions.replace(calm.id, poor.id) }
    },
  }
  await expect(prove(one.parts, calm.id, 115)).rejects.toThrow('does not fit the log')
})

it('takes the leaf of the token that the epoch changed', async () => {
  const one = proveSite()
  const { settlements } = one.parts
  const read = settlements.read.bind(settlements)
  const other = `{"account":"${calm.owner}","claimable":"7","proof":[],"reward":"0x${'0'.repeat(40)}"}`
  one.parts.settlements = {
    ...settlements,
    read: async (n) => {
      const found = await read(n)
      return found && { ...found, rewards: found.rewards.replace('"tree":[', `"tree":[${other},`) }
    },
  }
  expect(await proofOf(one, calm, 125)).toEqual(files.counted!.file)
})
