/**
 * The parts of a proof file once the reading's epoch is closed (PROTOCOL 6.2): record, row, the place
 * of the reading among those that the row counts, and the owner's leaf. All of it is looked up for
 * one reading; nothing is kept.
 */
import { toB64u, utf8 } from '../core/bytes.js'
import { assert, Failure } from '../core/failure.js'
import { proofRotationsMax, windowSize } from '../core/limits.js'
import type { EpochJson } from '../core/log/epoch.js'
import { pathInLeaves } from '../core/log/memoryTree.js'
import { hashBytes, leafHash, tileWidth, verifyInclusion } from '../core/log/tree.js'
import type { ContributionPart, RewardPart, SettledParts } from '../core/proof/proofFile.js'
import { claimsOf } from '../core/rewards/ledger.js'
import { type ContributionRow, parseRow, readingsRoot } from '../core/rewards/statement.js'
import { isLate } from '../core/rewards/tally.js'
import { decodeReading } from '../core/senml/reading.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { DroppedEntry, Entry, Journal } from '../ports/journal.js'
import type { SequenceIndex } from '../ports/registry.js'
import type { EpochFiles, Settlements } from '../ports/settlements.js'
import type { Tiles } from '../ports/tiles.js'

export interface ProveSettledParts {
  journal: Pick<Journal, 'read'>
  sequences: Pick<SequenceIndex, 'list'>
  tiles: Pick<Tiles, 'read' | 'size'>
  settlements: Settlements
}

/** A reading in a closed epoch. */
export interface OwnedReading {
  device: string
  seq: number
  index: number
  record: EpochJson
  /** Path of an entry in the tree of the proof's checkpoint. */
  pathOf(index: number): Promise<Uint8Array[]>
}

/** Refused with `unknown-device` where too much was dropped after the retention to tell its place. */
export async function settledParts(
  parts: ProveSettledParts,
  reading: OwnedReading,
): Promise<Result<SettledParts>> {
  const { record } = reading
  const files = await parts.settlements.read(record.n)
  assert(files !== undefined, 'the epoch that owns an entry is closed')
  const { row, ...place } = findRow(files.contributions, reading.device)
  const counted = await readingPart(parts, reading, row)
  if (!counted.ok) return counted
  const reward = await rewardPart(parts.settlements, files, row.owner)
  return accept({
    epoch: {
      n: record.n,
      record: record.record,
      index: record.endIndex,
      path: (await reading.pathOf(record.endIndex)).map(toB64u),
    },
    contribution: { row, ...place, ...(counted.value && { reading: counted.value }) },
    ...(reward && { reward }),
  })
}

/** The row of a device in a statement, and its path. */
function findRow(contributions: string, device: string): Omit<ContributionPart, 'reading'> {
  const lines = contributions.split('\n').filter((line) => line !== '')
  const index = lines.findIndex((line) => line.includes(`"device":"${device}"`))
  const row = parseRow(lines[index] ?? '')
  if (!row.ok) throw damaged(`no good row of ${device}`)
  const leaves = lines.map((line) => leafHash(utf8(line)))
  const path = pathInLeaves(index, leaves).map(toB64u)
  return { row: row.value, index, size: lines.length, path }
}

/** The reading's place among those that the row counts; `undefined` where it was late. */
async function readingPart(
  parts: ProveSettledParts,
  reading: OwnedReading,
  row: ContributionRow,
): Promise<Result<ContributionPart['reading']>> {
  const counted = await countedEntries(parts, reading, row)
  if (!counted.ok) return counted
  const leaves = await leavesOf(parts.tiles, counted.value)
  const index = counted.value.findIndex(({ seq }) => seq === reading.seq)
  if (leaves.length !== row.accepted)
    throw damaged(`the log has ${leaves.length} readings of ${row.device} that count`)
  if (index < 0) return accept(undefined)
  const path = pathInLeaves(index, leaves)
  if (!verifyInclusion(leaves[index]!, index, leaves.length, path, readingsRoot(row)))
    throw damaged(`the readings of ${row.device} are not those of its row`)
  return accept({ index, size: leaves.length, path: path.map(toB64u) })
}

/** Leaf hashes of entries; a tile is read once for all neighbours that are in it. */
async function leavesOf(
  tiles: ProveSettledParts['tiles'],
  entries: readonly { index: number }[],
): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  let tile: { start: number; hashes: Uint8Array } | undefined
  for (const { index } of entries) {
    const start = index - (index % tileWidth)
    if (tile?.start !== start) {
      const width = Math.min(tileWidth, tiles.size - start)
      tile = { start, hashes: await tiles.read(0, start, width) }
    }
    const at = (index - start) * hashBytes
    leaves.push(tile.hashes.slice(at, at + hashBytes))
  }
  return leaves
}

/** What the row counts, by sequence. */
async function countedEntries(
  { sequences, journal }: ProveSettledParts,
  { record }: OwnedReading,
  row: ContributionRow,
): Promise<Result<{ seq: number; index: number }[]>> {
  // Rotations take sequences too, and the window lets neighbouring epochs own some of the range.
  const most = row.accepted + row.late + 2 * windowSize + proofRotationsMax
  const found = await sequences.list(row.device, row.firstSeq, row.lastSeq, most)
  const owned = found.filter(({ index }) => record.firstIndex <= index && index < record.endIndex)
  // None late and nothing else among them: no body is needed, it may even be gone.
  if (owned.length === row.accepted) return accept(owned)
  const counted: { seq: number; index: number }[] = []
  for (const one of owned) {
    const entry = await journal.read(one.index)
    if (entry?.bytes === undefined)
      return refuse(
        'unknown-device',
        `bodies of epoch ${record.n} are older than the retention: which of its readings were late is not known any more`,
      )
    if (counts(entry, one.seq)) counted.push(one)
  }
  return accept(counted)
}

/** Whether an entry is a reading that was not late. */
function counts(entry: Entry | DroppedEntry, seq: number): boolean {
  if (entry.kind !== 'rd' || entry.bytes === undefined) return false
  const reading = decodeReading(entry.bytes)
  assert(reading.ok, 'a journalled reading can be read')
  const { atMs, bytes } = entry
  return !isLate({ seq, atMs, leaf: leafHash(bytes), values: reading.value.values })
}

/** The owner's leaf; `undefined` where nothing was earned by the end of the epoch. */
async function rewardPart(
  settlements: Settlements,
  { record, rewards }: EpochFiles,
  owner: string,
): Promise<RewardPart | undefined> {
  const claims = claimsOf(rewards, owner)
  if (claims.length === 0) return undefined
  // Of several tokens, the one of the epoch is the one whose amount it changed.
  const before = claims.length > 1 ? await settlements.read(record.n - 1) : undefined
  const known = claimsOf(before?.rewards ?? '', owner)
  const isChanged = ({ reward, claimable }: (typeof claims)[number]): boolean =>
    !known.some((one) => one.reward === reward && one.claimable === claimable)
  const { reward, claimable, proof } = claims.find(isChanged) ?? claims[0]!
  return {
    account: owner,
    token: reward,
    cumulative: claimable,
    proof: [...proof],
    root: record.rewardRoot,
  }
}

function damaged(detail: string): Failure {
  return new Failure(
    'data',
    `a closed epoch does not fit the log: ${detail}. Restore the newest backup`,
  )
}
