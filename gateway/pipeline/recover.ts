/**
 * The state in memory from what is on disk: the normal path run again from the cursors. Registry,
 * windows, tree and sequence index are folds of the journal; a snapshot and the stored tiles only
 * shorten the way.
 */
import { concat, toHex } from '../core/bytes.js'
import { parseSign1 } from '../core/cose/sign1.js'
import {
  type AdmissionState,
  loadAdmission,
  saveAdmission,
} from '../core/device/admissionSnapshot.js'
import { Admission } from '../core/device/judgement.js'
import { Registry } from '../core/device/registry.js'
import { parseRotation, parseSelfRevocation } from '../core/device/rotation.js'
import { Failure } from '../core/failure.js'
import { leafHash } from '../core/log/tree.js'
import { parseReadingHeader } from '../core/senml/reading.js'
import type { DroppedEntry, Entry, Journal } from '../ports/journal.js'
import type { SequenceIndex, SnapshotStore } from '../ports/registry.js'
import type { Tiles } from '../ports/tiles.js'
import type { ContributionLog } from './contributionLog.js'

/** Entries after which a new snapshot is worth its write: a second of reading them at a start. */
const snapshotEntries = 50_000
/** Leaves that go to the tiles at once while they are rebuilt. */
const leavesMax = 4_096

export interface RecoverParts {
  journal: Journal
  tiles: Tiles
  sequences: SequenceIndex
  snapshots: SnapshotStore
  /** Entries under the newest signed checkpoint; the tiles beyond it are not trusted after a crash. */
  checkpointSize: number
  /** Called now and then with entries read and to read. */
  progress?(done: number, total: number): void
}

/** Reads what the folds have not seen yet. Rejects with Failure('data') where the log contradicts itself. */
export async function recover(
  parts: RecoverParts,
): Promise<{ state: AdmissionState; savedAt: number }> {
  const { journal, tiles, sequences } = parts
  await tiles.truncate(Math.min(parts.checkpointSize, tiles.size, journal.size))
  const { state, from: stateFrom } = await startingState(parts)
  const sequencesFrom = Math.min(sequences.cursor, journal.size)
  const from = Math.min(stateFrom, sequencesFrom, tiles.size)
  let leaves: Uint8Array[] = []
  for await (const entry of journal.scan(from)) {
    const { index } = entry
    const leaf = entry.bytes ? leafHash(entry.bytes) : entry.leaf
    if (index >= tiles.size + leaves.length) leaves.push(leaf)
    if (leaves.length === leavesMax) {
      tiles.append(concat(...leaves))
      leaves = []
    }
    const mark = entry.kind === 'rd' || entry.kind === 'ro' || entry.kind === 'rv'
    const seen = mark ? positionOf(entry, state, index >= stateFrom) : undefined
    if (index >= stateFrom) replay(entry, state, seen, leaf)
    if (index >= sequencesFrom && seen) sequences.add(seen.device, seen.seq, index)
    if (index % leavesMax === 0) parts.progress?.(index - from, journal.size - from)
  }
  tiles.append(concat(...leaves))
  return { state, savedAt: stateFrom }
}

/**
 * Takes a snapshot now and then, of a state that is whole in the journal. `savedAt`: entries under
 * the newest one, 0 where it could not be used.
 */
export function snapshotKeeper(
  state: AdmissionState,
  log: ContributionLog,
  store: SnapshotStore,
  sequences: SequenceIndex,
  savedAt: number,
): { consider(): void; save(): Promise<void> } {
  let last = savedAt
  let saving: Promise<void> | undefined
  async function save(): Promise<void> {
    // Between two turns of the loop the state is that of all issued entries: take both at once.
    const entries = log.issued
    const bytes = saveAdmission(state)
    last = entries
    await log.append([])
    // Who waited for the same commit adds to the index before the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    await sequences.flush(log.size)
    await store.save(entries, bytes)
  }
  return {
    consider() {
      if (saving || log.issued - last < snapshotEntries) return
      saving = save().finally(() => {
        saving = undefined
      })
    },
    async save() {
      await saving
      if (log.issued > last) await save()
    },
  }
}

async function startingState(
  parts: RecoverParts,
): Promise<{ state: AdmissionState; from: number }> {
  const saved = await parts.snapshots.load()
  if (saved && saved.entries <= parts.journal.size) {
    const loaded = loadAdmission(saved.state)
    if (loaded.ok) return { state: loaded.value, from: saved.entries }
  }
  return { state: { admission: new Admission(new Registry()), counts: new Map() }, from: 0 }
}

/** Whose message it is, and its sequence number. */
function positionOf(
  entry: Entry | DroppedEntry,
  { admission }: AdmissionState,
  isNew: boolean,
): { device: string; seq: number } | undefined {
  const said = statementOf(entry)
  const device = said && admission.registry.byKid(said.kid)?.id
  if (said && device) return { device, seq: said.seq }
  if (!isNew) return undefined
  throw contradiction(entry.index, 'no device has its key')
}

function statementOf(entry: Entry | DroppedEntry): { kid: string; seq: number } | undefined {
  if (!entry.bytes) return { kid: toHex(entry.kid), seq: entry.seq }
  if (entry.kind === 'ro') {
    const parsed = parseRotation(entry.bytes)
    return parsed.ok ? { kid: toHex(parsed.value.oldKid), seq: parsed.value.seq } : undefined
  }
  if (entry.kind === 'rv') {
    const parsed = parseSelfRevocation(entry.bytes)
    return parsed.ok ? { kid: toHex(parsed.value.kid), seq: parsed.value.seq } : undefined
  }
  const sign1 = parseSign1(entry.bytes)
  const header = sign1.ok ? parseReadingHeader(sign1.value.protectedBytes) : sign1
  return header.ok ? { kid: toHex(header.value.kid), seq: header.value.seq } : undefined
}

/** Applies one entry to the folds, as it was applied when it was admitted. */
function replay(
  entry: Entry | DroppedEntry,
  state: AdmissionState,
  seen: { device: string; seq: number } | undefined,
  leaf: Uint8Array,
): void {
  if (entry.kind === 'js') throw contradiction(entry.index, 'it is no entry of a log')
  if (entry.kind !== 'rd' && entry.kind !== 'ep') {
    const applied = state.admission.registry.apply(entry.kind, entry.bytes)
    if (!applied.ok) throw contradiction(entry.index, applied.detail)
  }
  if (!seen) return
  state.admission.window(seen.device).accept(seen.seq, leaf)
  const count = state.counts.get(seen.device)
  state.counts.set(seen.device, {
    accepted: (count?.accepted ?? 0) + 1,
    lastAtMs: entry.atMs,
  })
}

function contradiction(index: number, detail: string): Failure {
  return new Failure(
    'data',
    `entry ${index} of the journal does not follow from those before it (${detail}): ` +
      'restore the newest backup',
  )
}
