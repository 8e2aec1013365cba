/**
 * The proof file of one reading (PROTOCOL 6.2): its fields, and how it is made of bytes. How a text is
 * read is in proofForm.ts; what the parts prove, link by link, in proofLinks.ts.
 */
import { toB64u } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import type { ContributionRow } from '../rewards/statement.js'

/** All byte strings are b64u; `epoch` and `contribution` stand together, once the epoch is closed. */
export interface ProofFile {
  v: 1
  network: string
  gateway: { id: string; key: string }
  kind: 'reading'
  /** COSE bytes of the reading, as journalled. */
  message: string
  device: {
    id: string
    /** The key that signed the message. */
    key: string
    /** Rotations from the device's first key to `key`, oldest first. */
    rotations: string[]
    /** The device's first key: only where there are rotations. The first one is signed with it. */
    first?: string
  }
  log: { index: number; size: number; path: string[]; checkpoint: string }
  epoch?: EpochPart
  contribution?: ContributionPart
  /** Only with the two above, and only where the owner has earned something so far. */
  reward?: RewardPart
}

export interface EpochPart {
  /** Number of the epoch. */
  n: number
  /** COSE bytes of the epoch record. */
  record: string
  /** Of the record in the log, at `log.size`. */
  index: number
  path: string[]
}

export interface ContributionPart {
  row: ContributionRow
  /** Of the row among the rows of the epoch. */
  index: number
  size: number
  path: string[]
  /** Of the message among the device's readings that count, by sequence; absent where it was late. */
  reading?: { index: number; size: number; path: string[] }
}

export interface RewardPart {
  /** EIP-55, as is `token`. */
  account: string
  token: string
  /** Base units since the first epoch. */
  cumulative: string
  /** Siblings from the leaf up, 0x and hex, as is `root`. */
  proof: string[]
  root: string
}

/** The parts of a closed epoch. */
export type SettledParts = Required<Pick<ProofFile, 'epoch' | 'contribution'>> &
  Pick<ProofFile, 'reward'>

/** What a proof file is made of, in bytes. */
export interface ProofParts {
  network: string
  gatewayKey: Uint8Array
  message: Uint8Array
  /** Key that signed the message, and the rotations that led to it from the first key. */
  deviceKey: Uint8Array
  firstKey: Uint8Array
  rotations: readonly Uint8Array[]
  index: number
  size: number
  path: readonly Uint8Array[]
  /** Text of the signed checkpoint of `size` entries. */
  checkpoint: string
  /** Once the epoch is closed. */
  settled?: SettledParts
}

/** The proof file of these parts; `JSON.stringify` writes it. */
export function buildProofFile(parts: ProofParts): ProofFile {
  const first = parts.rotations.length > 0 ? { first: toB64u(parts.firstKey) } : {}
  return {
    v: 1,
    network: parts.network,
    gateway: { id: deviceIdOf(parts.gatewayKey), key: toB64u(parts.gatewayKey) },
    kind: 'reading',
    message: toB64u(parts.message),
    device: {
      id: deviceIdOf(parts.firstKey),
      key: toB64u(parts.deviceKey),
      rotations: parts.rotations.map(toB64u),
      ...first,
    },
    log: {
      index: parts.index,
      size: parts.size,
      path: parts.path.map(toB64u),
      checkpoint: parts.checkpoint,
    },
    ...parts.settled,
  }
}
