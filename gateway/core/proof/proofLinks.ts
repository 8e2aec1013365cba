/**
 * Verifies a proof file offline (PROTOCOL 6.2): a list of links, each checked only once those before
 * it hold, so that the first one that fails is the one to name. The list is the table of contents.
 */
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import type { Policy } from '../log/policy.js'
import { checkContribution, checkReading } from './contributionLinks.js'
import { checkEpoch, checkRecord } from './epochLinks.js'
import type { Check } from './link.js'
import { checkCheckpoint, checkGateway, checkLog, checkWitness } from './logLinks.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { openProofFile } from './packed.js'
import type { ProofFile } from './proofFile.js'
import { checkDevice, checkMessage } from './readingLinks.js'
import { checkReward } from './rewardLink.js'

export type LinkName =
  | 'file'
  | 'message'
  | 'device'
  | 'gateway'
  | 'checkpoint'
  | 'witness'
  | 'log'
  | 'record'
  | 'epoch'
  | 'contribution'
  | 'reading'
  | 'reward'

/** One link of the chain; `detail` is for people. */
export interface LinkReport {
  link: LinkName
  ok: boolean
  detail: string
}

export interface ProofReport {
  ok: boolean
  /** Links in order; the last one is the one that failed, if one did. */
  links: LinkReport[]
  /** The first link that failed. */
  failed: LinkReport | undefined
  /** What the file says; `undefined` where it cannot be read. */
  file: ProofFile | undefined
  /** What the reading came to, once every link holds and its epoch is closed. */
  outcome: Outcome | undefined
}

export interface VerifyOptions {
  /** The gateway that the log must be of; without it, the file's own word is taken. */
  gateway?: string
  /** Which witnesses must have signed the checkpoint; without it none needs to. */
  policy?: Policy
  verify?: VerifySignature
}

const links: readonly { link: LinkName; check: Check }[] = [
  { link: 'message', check: checkMessage },
  { link: 'device', check: checkDevice },
  { link: 'gateway', check: checkGateway },
  { link: 'checkpoint', check: checkCheckpoint },
  { link: 'witness', check: checkWitness },
  { link: 'log', check: checkLog },
  { link: 'record', check: checkRecord },
  { link: 'epoch', check: checkEpoch },
  { link: 'contribution', check: checkContribution },
  { link: 'reading', check: checkReading },
  { link: 'reward', check: checkReward },
]

/** Checks a proof file, JSON or packed, link by link, up to the first one that fails. */
export function verifyProofFile(
  input: string | Uint8Array,
  options: VerifyOptions = {},
): ProofReport {
  const parsed = openProofFile(input)
  if (!parsed.ok) {
    const failed: LinkReport = { link: 'file', ok: false, detail: parsed.detail }
    return { ok: false, links: [failed], failed, file: undefined, outcome: undefined }
  }
  const file = parsed.value
  const { gateway, policy, verify = ed25519Verify } = options
  const context = { file, gateway, policy, verify }
  const reports: LinkReport[] = [{ link: 'file', ok: true, detail: 'proof file version 1' }]
  for (const { link, check } of links) {
    const found = check(context)
    if (found === undefined) continue
    const report = { link, ok: found.ok, detail: found.ok ? found.value : found.detail }
    reports.push(report)
    if (!report.ok) return { ok: false, links: reports, failed: report, file, outcome: undefined }
  }
  return { ok: true, links: reports, failed: undefined, file, outcome: outcomeOf(file) }
}
