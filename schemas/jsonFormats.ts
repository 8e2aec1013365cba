/**
 * The JSON that crosses a boundary, as zod schemas: the source of schemas/json/*.schema.json. They
 * document and test; the gateway itself does not import them.
 */
import * as z from 'zod'
import {
  anonymityMin,
  proofPathMax,
  proofRotationsMax,
  windowTimeMax,
  windowTimeMin,
} from '../gateway/core/limits.js'
import { metrics } from '../gateway/core/metric.js'
import { windowSteps } from '../gateway/core/privacy/steps.js'
import { reasons } from '../gateway/core/verdict.js'
import { b64u, count, deviceId, hash, key, network, sequence } from './formatParts.js'
import {
  buyerAnswerOf,
  buyerRequest,
  catalog,
  walletChallenge,
  walletSignature,
} from './marketFormats.js'

const acknowledgement = z
  .union([
    z.strictObject({ seq: sequence, verdict: z.literal('accepted') }),
    z.strictObject({
      seq: sequence.nullable().describe('null where the message could not be read'),
      verdict: z.literal('rejected'),
      reason: z.enum(reasons),
    }),
  ])
  .describe('Answer to a reading, rotation or self-revocation, on d/<deviceId>/dn/ak')

const enrolmentAnswer = z
  .strictObject({
    v: z.literal(1),
    state: z.enum(['pending', 'active', 'suspended', 'revoked', 'refused']),
    reason: z.string().optional().describe('why, for people'),
    gateway: z
      .strictObject({ id: deviceId, key })
      .describe('the device pins this key for what the gateway signs'),
  })
  .describe('Answer to an enrolment and to each change of state, on enrol/<deviceId>/res')

const bootCount = count.describe('boot count: a death with an older one is ignored')

const presence = z
  .union([
    z.strictObject({ on: z.literal(1), bc: bootCount, fw: z.string().min(1).max(32) }),
    z.strictObject({ on: z.literal(0), bc: bootCount }),
  ])
  .describe('Presence of a device, retained on d/<deviceId>/st; the second form is its Will')

const gatewayPresence = z
  .union([
    z.strictObject({
      on: z.literal(1),
      version: z.string(),
      degraded: z.array(z.string()).describe('one line for each thing that is lost'),
    }),
    z.strictObject({ on: z.literal(0) }),
  ])
  .describe('Presence of the gateway, retained on gw/<gatewayId>/st; the second form is its Will')

const gateway = z
  .strictObject({
    network,
    id: deviceId.describe('gateway id, like a device id'),
    key,
    vkey: z.string().describe('the key as a C2SP signed-note verifier key'),
  })
  .describe('Who signs here: GET /gateway.json')

const index = count.describe('from 0')
const path = z.array(hash).max(proofPathMax).describe('RFC 9162 inclusion path, leaf to root')
const hexRoot = z.string().regex(/^[0-9a-f]{64}$/)
const hexHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe('keccak256, 32 bytes')
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .describe('EIP-55')
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/)
  .describe('base units, below 2^256')
const basisPoints = z.int().min(0).max(10_000)

const contributionRow = z
  .strictObject({
    accepted: count,
    capped: amount,
    cell: z
      .string()
      .regex(/^8[0-9a-f]{14}$/)
      .describe('H3 index at resolution 5 or coarser'),
    coverage: amount,
    device: deviceId,
    epoch: count.min(1),
    expected: count,
    firstSeq: sequence,
    lastSeq: sequence,
    late: count,
    m: count,
    n: count,
    owner: address,
    paid: amount,
    qualityBp: basisPoints,
    readings: hexRoot,
    reasons: z.partialRecord(z.enum([...reasons, 'spike', 'flat', 'near']), count.min(1)),
    rejected: count,
    uptimeBp: basisPoints,
    usage: amount,
    weight: count,
  })
  .describe('one line of contributions.ndjson: schemas/contribution.md')

const aggregateCommon = {
  cell: z
    .string()
    .regex(/^8[3-7][0-9a-f]{13}$/)
    .describe('label of the node, H3 index of resolution 3 to 7'),
  metric: z.enum(metrics.filter((row) => row.class !== 'none').map((row) => row.name)),
  salt: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .describe('16 random bytes, b64u'),
  step: z.literal([...windowSteps]).describe('length of the window, seconds'),
  t: z.int().min(windowTimeMin).max(windowTimeMax).describe('start of the window, Unix seconds'),
}
const noisyCommon = {
  ...aggregateCommon,
  class: z.literal('differentially-private'),
  epsilon: z
    .string()
    .regex(/^[1-9][0-9]{0,8}(\/[1-9][0-9]{0,8})?$/)
    .describe('in lowest terms'),
  halfWidth: z.number().min(0),
  n: count.min(1).describe('owners of the roster, rounded down to a multiple of 5'),
  unit: z.string(),
}

const aggregate = z
  .union([
    z.strictObject({
      ...aggregateCommon,
      class: z.literal('k-anonymous'),
      k: z.int().min(anonymityMin),
      mean: z.number(),
      median: z.number(),
      n: z.int().min(anonymityMin).describe('owners, rounded down to a multiple of 5, not below k'),
      unit: z.string(),
    }),
    z.strictObject({ ...noisyCommon, median: z.number() }),
    z.strictObject({ ...noisyCommon, sum: z.number() }),
    z.strictObject({ ...aggregateCommon, class: z.literal('withheld') }),
  ])
  .describe('a released row: schemas/aggregates.md')

const settledParts = {
  epoch: z
    .strictObject({
      n: count.min(1),
      record: b64u.describe('COSE ep'),
      index: index.describe('entry of the record in the log'),
      path,
    })
    .optional()
    .describe('once the epoch that owns the reading is closed, with contribution'),
  contribution: z
    .strictObject({
      row: contributionRow,
      index,
      size: count.min(1),
      path,
      reading: z
        .strictObject({ index, size: count.min(1), path })
        .optional()
        .describe('absent where the reading arrived too late: logged, not counted'),
    })
    .optional(),
  reward: z
    .strictObject({
      account: address,
      token: address,
      cumulative: amount,
      proof: z.array(hexHash).max(proofPathMax),
      root: hexHash,
    })
    .optional()
    .describe('absent where the owner had earned nothing by the end of the epoch'),
}

const proof = z
  .strictObject({
    v: z.literal(1),
    network,
    gateway: z.strictObject({ id: deviceId, key }),
    kind: z.literal('reading'),
    message: b64u.describe('COSE bytes of the reading'),
    device: z.strictObject({
      id: deviceId,
      key: key.describe('the key that signed the message'),
      rotations: z.array(b64u).max(proofRotationsMax).describe('COSE ro, oldest first'),
      first: key.optional().describe('the first key; only where there are rotations'),
    }),
    log: z.strictObject({
      index: count,
      size: count.min(1),
      path,
      checkpoint: z.string().describe('C2SP signed note of this size'),
    }),
    ...settledParts,
  })
  .describe('Proof of a reading: `fieldproof proof`, GET /proofs/<deviceId>/<seq>')

const unixSec = count.describe('Unix seconds')

const epoch = z
  .strictObject({
    v: z.literal(1),
    n: count.min(1),
    from: unixSec,
    to: unixSec.describe('Unix seconds, not in the epoch any more'),
    firstIndex: count,
    endIndex: count.describe('the record is this entry of the log'),
    contribRoot: hexRoot,
    contribCount: count,
    aggRoot: hexRoot,
    aggCount: count,
    rewardRoot: hexHash,
    paid: amount,
    money: z
      .tuple([amount, amount, amount, amount, amount])
      .describe('poolIn, carryIn, usageIn, unallocated, carryOut'),
    record: b64u.describe('COSE ep: what is signed'),
  })
  .describe('Record of a closed epoch: GET /epochs/<n>.json')

const rewards = z
  .strictObject({
    id: z.string().describe('<network>/<gateway id>/<n>'),
    metadata: z.strictObject({ epoch: count.min(1), from: unixSec, to: unixSec }),
    root: hexHash,
    tree: z.array(
      z.strictObject({
        account: address,
        reward: address.describe('the token'),
        claimable: amount.describe('cumulative base units'),
        proof: z.array(hexHash).describe('siblings, leaf to root'),
      }),
    ),
  })
  .describe('Claims of all owners, Universal Rewards Distributor: GET /epochs/<n>/rewards.json')

const receipt = z
  .strictObject({
    rc: b64u.describe('COSE rc: the gateway logged the reading'),
    message: b64u.optional().describe('COSE rd: the reading'),
  })
  .describe('A line of a file of kept receipts')

/** Every JSON format by the name of its file. */
export const jsonFormats = {
  acknowledgement,
  enrolmentAnswer,
  presence,
  gatewayPresence,
  gateway,
  proof,
  epoch,
  contribution: contributionRow,
  aggregate,
  catalog,
  buyerRequest,
  buyerAnswer: buyerAnswerOf(aggregate, epoch),
  walletChallenge,
  walletSignature,
  rewards,
  receipt,
} as const

/** The JSON Schemas (draft 2020-12): path from the project's root, and what it must contain. */
export function jsonSchemaFiles(): { path: string; text: string }[] {
  return Object.entries(jsonFormats).map(([name, format]) => {
    // What an answer says in several places is said once.
    const reused = name.startsWith('buyer') ? 'ref' : 'inline'
    const schema = z.toJSONSchema(format, { target: 'draft-2020-12', reused })
    return {
      path: `schemas/json/${name}.schema.json`,
      text: `${JSON.stringify(schema, null, 2)}\n`,
    }
  })
}
