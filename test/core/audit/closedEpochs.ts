/** Chains of closed epochs as a gateway publishes them, from random readings. */
import type { AuditedBefore, AuditQuestion, EpochTexts } from '../../../gateway/core/audit/epoch.js'
import { auditEpoch } from '../../../gateway/core/audit/epoch.js'
import { type Before, closeEpoch, testToken } from '../../../gateway/core/rewards/closing.js'
import { usageOf } from '../../../gateway/core/rewards/usage.js'
import { holderOf } from '../../support/holder.js'
import { seededRandom } from '../../support/random.js'
import type { AuditEpoch, AuditReading } from '../rewards/auditor.js'
import { randomEpoch } from '../rewards/randomEpoch.js'
import { tallyOf } from '../rewards/writer.js'

export const gateway = holderOf(7)
export const network = 'testnet'
export const perHour = 10n ** 18n

/** Texts of the epochs 1 to `count`; times tile, entries follow each other. */
export function closedEpochs(seed: number, count: number, token = testToken): EpochTexts[] {
  const random = seededRandom(seed)
  const texts: EpochTexts[] = []
  let before: Before | undefined
  let [from, firstIndex] = [1_762_000_000, 0]
  for (let n = 1; n <= count; n++) {
    const epoch = { ...movedTo(from, randomEpoch(random, n, 0n)), perHour, perCredit: 10n ** 15n }
    const entries = epoch.devices.reduce((sum, { readings }) => sum + readings.length, 0)
    const endIndex = firstIndex + entries + (n === 1 ? 0 : 1) + random.below(3)
    const closed = closeEpoch(
      { network, gateway, perHour, token },
      {
        span: { from: epoch.from, to: epoch.to },
        firstIndex,
        endIndex,
        devices: epoch.devices.map((device) => tallyOf(device, epoch)),
        usage: usageOf(epoch.sales, { perCredit: epoch.perCredit, feeBp: 0 }),
        aggregates: [],
        before,
      },
    )
    const { json, contributions, aggregates, rewards, record, carryOut, ledger } = closed
    texts.push({ record: `${JSON.stringify(json)}\n`, contributions, aggregates, rewards })
    before = { record, n, carryOut, ledger }
    from = epoch.to
    firstIndex = endIndex
  }
  return texts
}

/** The same epoch at another time. */
function movedTo(from: number, epoch: AuditEpoch): AuditEpoch {
  const seconds = from - epoch.from
  const moved = (reading: AuditReading): AuditReading => ({
    ...reading,
    atMs: reading.atMs + seconds * 1_000,
    values: reading.values.map((value) => ({ ...value, time: value.time + seconds })),
  })
  return {
    ...epoch,
    from,
    to: epoch.to + seconds,
    devices: epoch.devices.map((device) => ({
      ...device,
      readings: device.readings.map(moved),
      history: device.history.map(moved),
    })),
  }
}

/** What the audit of these epochs leaves for the next one. */
export function afterAll(texts: readonly EpochTexts[]): AuditedBefore | undefined {
  return texts.reduce<AuditedBefore | undefined>(
    (before, epoch, i) =>
      auditEpoch({ n: i + 1, texts: epoch, before, gatewayKey: gateway.publicKey }).after,
    undefined,
  )
}

/** Everything that an audit of these epochs finds, each with its number. */
export function findingsOf(
  texts: readonly EpochTexts[],
  question: Partial<AuditQuestion> = {},
): string[] {
  let before: AuditedBefore | undefined
  return texts.flatMap((epoch, i) => {
    const audit = auditEpoch({
      n: i + 1,
      texts: epoch,
      before,
      gatewayKey: gateway.publicKey,
      ...question,
    })
    before = audit.after
    return audit.checks.flatMap(({ findings }) => findings.map((one) => `${i + 1}: ${one}`))
  })
}
