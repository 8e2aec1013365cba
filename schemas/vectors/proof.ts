/**
 * Vectors of the proof file: whole files, and changes to them with the link that must fail. Paths are
 * computed by the definitions of RFC 9162 in log.ts, not by the code that they test.
 */
import { fromB64u, toB64u, toHex } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { encodeEpoch, parseEpoch } from '../../gateway/core/log/epoch.js'
import { packProof } from '../../gateway/core/proof/packed.js'
import type { ContributionPart, ProofFile } from '../../gateway/core/proof/proofFile.js'
import type { RewardsFile } from '../../gateway/core/rewards/ledger.js'
import { naiveLeaf, naivePath } from './log.js'
import { vectorNetwork } from './message.js'
import {
  holderOfVector,
  type SettledLog,
  settledLog,
  type VectorDevice,
  type VectorEntry,
  type VectorEpoch,
  vectorCheckpoint,
  vectorGateway,
} from './settledLog.js'

type File = Record<string, unknown>

/** The proof file of entry `index` in the tree of the first `size` entries. */
function proofOf(log: SettledLog, index: number, size: number, epoch?: VectorEpoch): File {
  const { device, bytes, seq } = log.entries[index]!
  const tree = log.leaves.slice(0, size)
  return {
    v: 1,
    network: vectorNetwork,
    gateway: { id: deviceIdOf(vectorGateway.publicKey), key: toB64u(vectorGateway.publicKey) },
    kind: 'reading',
    message: toB64u(bytes),
    device: devicePart(device!, seq!),
    log: {
      index,
      size,
      path: naivePath(index, tree).map(toB64u),
      checkpoint: vectorCheckpoint(log, size),
    },
    ...(epoch && settledParts(log, index, tree, epoch)),
  }
}

function devicePart({ id, keys, rotation }: VectorDevice, seq: number): File {
  const [first, second] = keys.map(({ publicKey }) => toB64u(publicKey))
  return rotation !== undefined && seq > rotation.seq
    ? { id, key: second, rotations: [toB64u(rotation.bytes)], first }
    : { id, key: first, rotations: [] }
}

function settledParts(
  log: SettledLog,
  index: number,
  tree: readonly Uint8Array[],
  epoch: VectorEpoch,
): File {
  const device = log.entries[index]!.device!
  const lines = epoch.contributions.split('\n').slice(0, -1)
  const at = lines.findIndex((line) => line.includes(device.id))
  const rows = lines.map((line) => naiveLeaf(new TextEncoder().encode(line)))
  const claims = JSON.parse(epoch.rewards) as RewardsFile
  const claim = claims.tree.find(({ account }) => account === device.owner)
  const reading = readingPart(log, index, epoch)
  return {
    epoch: {
      n: epoch.json.n,
      record: epoch.json.record,
      index: epoch.endIndex,
      path: naivePath(epoch.endIndex, tree).map(toB64u),
    },
    contribution: {
      row: JSON.parse(lines[at]!),
      index: at,
      size: lines.length,
      path: naivePath(at, rows).map(toB64u),
      ...(reading && { reading }),
    },
    ...(claim && {
      reward: {
        account: claim.account,
        token: claim.reward,
        cumulative: claim.claimable,
        proof: claim.proof,
        root: claims.root,
      },
    }),
  }
}

/** The place of entry `index` among the readings that count; `undefined` where it was late. */
function readingPart(log: SettledLog, index: number, epoch: VectorEpoch): File | undefined {
  const { device } = log.entries[index]!
  const counted = log.entries
    .slice(epoch.firstIndex, epoch.endIndex)
    .filter((one) => one.kind === 'rd' && one.device === device && !device!.late.has(one.seq!))
    .toSorted((a, b) => a.seq! - b.seq!)
  const at = counted.indexOf(log.entries[index]!)
  if (at < 0) return undefined
  const leaves = counted.map(({ bytes }) => naiveLeaf(bytes))
  return { index: at, size: leaves.length, path: naivePath(at, leaves).map(toB64u) }
}

/** The files by name: what each of them is about is in `about`. */
export function proofFiles(log: SettledLog): Record<string, { about: string; file: File }> {
  const { calm, rotated, poor } = log.devices
  const [first, second] = log.epochs as [VectorEpoch, VectorEpoch]
  const size = log.leaves.length
  const place = (device: VectorDevice, wanted: (entry: VectorEntry) => boolean): number =>
    log.entries.findIndex((one) => one.device === device && one.kind === 'rd' && wanted(one))
  return {
    counted: {
      about: 'a reading of the second epoch, with all parts',
      file: proofOf(
        log,
        place(calm, ({ seq }) => seq === 125),
        size,
        second,
      ),
    },
    rotated: {
      about: 'a reading of the first epoch, signed after a key rotation',
      file: proofOf(
        log,
        place(rotated, ({ seq }) => seq === 112),
        size,
        first,
      ),
    },
    late: {
      about: 'a reading that arrived too late: logged, not counted',
      file: proofOf(
        log,
        place(rotated, ({ seq }) => rotated.late.has(seq!)),
        size,
        first,
      ),
    },
    nothing: {
      about: 'a reading whose owner has earned nothing so far',
      file: proofOf(
        log,
        place(poor, () => true),
        size,
        first,
      ),
    },
    last: {
      about: 'the record is the last entry of the checkpoint',
      file: proofOf(
        log,
        place(calm, ({ seq }) => seq === 125),
        second.endIndex + 1,
        second,
      ),
    },
    open: {
      about: 'a reading whose epoch is not closed',
      file: proofOf(
        log,
        place(calm, ({ seq }) => seq === 141),
        size,
      ),
    },
  }
}

/** A change: `at` is an RFC 6901 pointer; without `value` the field is removed. */
interface Change {
  name: string
  of: string
  at: string
  value?: unknown
  link: string
}

/** The file with one byte or digit of a text changed. */
function flipped(text: string, at: number): string {
  const other = text[at] === 'A' ? 'B' : 'A'
  return text.slice(0, at) + other + text.slice(at + 1)
}

/** Like `flipped`, for hex. */
function flippedHex(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
}

/** A file with all parts, as those are that changes are made from. */
type WholeFile = Required<ProofFile> & { contribution: Required<ContributionPart> }

/** The changes that every link must find; `counted` unless `of` says another file. */
function changes(files: ReturnType<typeof proofFiles>): Change[] {
  const of = (name: string): WholeFile => files[name]!.file as unknown as WholeFile
  const counted = of('counted')
  const { epoch, contribution, reward, log } = counted
  const change = (link: string, name: string, at: string, value?: unknown): Change =>
    value === undefined
      ? { name, of: 'counted', at, link }
      : { name, of: 'counted', at, value, link }
  const more = (path: string[]): string[] => [...path, path[0] ?? 'A'.repeat(43)]
  return [
    change('file', 'contribution without epoch', '/epoch'),
    change('file', 'epoch without contribution', '/contribution'),
    change('file', 'a row with a field more', '/contribution/row/bonus', 1),
    change('file', 'a row with a field less', '/contribution/row/late'),
    change('file', 'an amount as a number', '/contribution/row/paid', 1),
    change('message', 'a changed byte', '/message', flipped(counted.message, 80)),
    change('message', 'another network', '/network', 'mainnet'),
    change('device', 'another id', '/device/id', of('rotated').device.id),
    { ...change('device', 'no rotation', '/device/rotations', []), of: 'rotated' },
    {
      ...change('device', 'another rotation', '/device/rotations/0', ''),
      of: 'rotated',
      value: flipped(of('rotated').device.rotations[0]!, 100),
    },
    change('gateway', 'another id', '/gateway/id', counted.device.id),
    change('gateway', 'another key', '/gateway/key', toB64u(holderOfVector('other').publicKey)),
    change('checkpoint', 'a changed root', '/log/checkpoint', otherRoot(log.checkpoint)),
    change('checkpoint', 'an older one of another size', '/log/checkpoint', otherSize(log)),
    change('log', 'another checkpoint of this log', '/log/checkpoint', of('last').log.checkpoint),
    change('log', 'another index', '/log/index', log.index + 1),
    change('log', 'another size', '/log/size', log.size - 1),
    change('log', 'a changed hash', '/log/path/0', flipped(log.path[0]!, 7)),
    change('log', 'a hash more', '/log/path', more(log.path)),
    change('log', 'a hash less', '/log/path', log.path.slice(1)),
    change('record', 'another number', '/epoch/n', 1),
    change('record', 'a changed byte', '/epoch/record', flipped(epoch.record, 300)),
    change('record', 'signed by another key', '/epoch/record', forgedRecord(epoch.record)),
    change('record', 'the record of another epoch', '/epoch/record', of('rotated').epoch.record),
    change('record', 'another index', '/epoch/index', epoch.index - 1),
    change('record', 'a changed hash', '/epoch/path/1', flipped(epoch.path[1]!, 7)),
    change('record', 'a hash less', '/epoch/path', epoch.path.slice(1)),
    change('epoch', 'the whole part of the epoch before', '/epoch', of('rotated').epoch),
    change('contribution', 'more paid', '/contribution/row/paid', '99999999999999999999'),
    change('contribution', 'less expected', '/contribution/row/expected', 2),
    change(
      'contribution',
      'another owner',
      '/contribution/row/owner',
      of('rotated').reward.account,
    ),
    change('contribution', 'a device more', '/contribution/size', contribution.size + 1),
    change('contribution', 'another index', '/contribution/index', contribution.index ^ 1),
    change(
      'contribution',
      'a changed hash',
      '/contribution/path/0',
      flipped(contribution.path[0]!, 3),
    ),
    change('contribution', 'another epoch in the row', '/contribution/row/epoch', 1),
    change('contribution', 'sequences that leave it out', '/contribution/row/firstSeq', 126),
    { ...change('contribution', 'of another device', '/contribution', contribution), of: 'late' },
    change('reading', 'left out', '/contribution/reading'),
    change(
      'reading',
      'another index',
      '/contribution/reading/index',
      contribution.reading.index ^ 1,
    ),
    change(
      'reading',
      'a reading more',
      '/contribution/reading/size',
      contribution.reading.size + 1,
    ),
    change(
      'reading',
      'a changed hash',
      '/contribution/reading/path/0',
      flipped(contribution.reading.path[0]!, 3),
    ),
    {
      ...change('reading', 'a late one counted', '/contribution/reading'),
      of: 'late',
      value: of('rotated').contribution.reading,
    },
    change('reward', 'left out although the row pays', '/reward'),
    change('reward', 'another account', '/reward/account', of('rotated').reward.account),
    change('reward', 'account in one case', '/reward/account', reward.account.toLowerCase()),
    change('reward', 'another token', '/reward/token', reward.account),
    change('reward', 'more', '/reward/cumulative', `1${reward.cumulative}`),
    change('reward', 'less than the row pays', '/reward/cumulative', '1'),
    change('reward', 'a changed hash', '/reward/proof/0', flippedHex(reward.proof[0]!, 20)),
    change('reward', 'a hash less', '/reward/proof', reward.proof.slice(1)),
    change('reward', 'a changed root', '/reward/root', flippedHex(reward.root, 20)),
    change('reward', 'the leaf of the epoch before', '/reward', of('rotated').reward),
    { ...change('reward', 'of another owner', '/reward', reward), of: 'nothing' },
  ]
}

/** The checkpoint with another root, under the old signature. */
function otherRoot(checkpoint: string): string {
  const [origin, size, root, ...rest] = checkpoint.split('\n') as [string, string, string]
  return [origin, size, flipped(root, 5), ...rest].join('\n')
}

function otherSize({ checkpoint }: { checkpoint: string }): string {
  const [origin, size, ...rest] = checkpoint.split('\n') as [string, string]
  return [origin, Number(size) - 1, ...rest].join('\n')
}

/** The same record, signed by a stranger. */
function forgedRecord(record: string): string {
  const parsed = parseEpoch(fromB64u(record)!)
  if (!parsed.ok) throw new Error(parsed.detail)
  return toB64u(encodeEpoch(parsed.value, holderOfVector('other')))
}

function packedOf(file: File): string {
  const bytes = packProof(file as unknown as ProofFile)
  if (!bytes.ok) throw new Error(bytes.detail)
  return toHex(bytes.value)
}

/** The content of proof.json. */
export function proofVectors(): object {
  const log = settledLog()
  const files = proofFiles(log)
  return {
    about:
      'files: all links hold; `packed` is the packed form in hex. broken: the file `of` with the field at the JSON pointer `at` set to `value`, or removed where there is none; `link` is the first that fails.',
    gateway: deviceIdOf(vectorGateway.publicKey),
    files: Object.fromEntries(
      Object.entries(files).map(([name, one]) => [name, { ...one, packed: packedOf(one.file) }]),
    ),
    broken: changes(files),
  }
}
