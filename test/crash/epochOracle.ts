import { join } from 'node:path'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { openEpochFiles } from '../../gateway/adapters/system/epochFiles.js'
import { equal, toHex } from '../../gateway/core/bytes.js'
import { deviceIdOfKid } from '../../gateway/core/device/key.js'
import { breakBetween, type EpochRecord, parseEpochJson } from '../../gateway/core/log/epoch.js'
import { rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { contribRoot, parseRows } from '../../gateway/core/rewards/statement.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import type { Entry } from '../../gateway/ports/journal.js'
import type { SavedEpoch } from '../../gateway/ports/settlements.js'

/**
 * What must hold of the epochs of a gateway that was stopped: each saved one is one entry of the log,
 * its rows count every reading that it owns once, and each follows from the one before. Returns how
 * many there are, and what does not hold, in words. All readings are in time and by first keys.
 */
export async function epochViolations(
  dataDir: string,
): Promise<{ count: number; found: string[] }> {
  const found: string[] = []
  const entries = await entriesOf(dataDir)
  const store = await openEpochFiles(join(dataDir, 'epochs'))
  const records = entries.filter(({ kind }) => kind === 'ep')
  if (records.length !== store.newest)
    found.push(`${store.newest} epochs are saved, ${records.length} are in the log`)
  let before: { record: EpochRecord; bytes: Uint8Array } | undefined
  for (let n = 1; n <= store.newest; n++) {
    const saved = (await store.load(n))!
    const parsed = parseEpochJson(saved.record)
    if (!parsed.ok) return { count: n, found: [...found, `epoch ${n}: ${parsed.detail}`] }
    const { record, bytes } = parsed.value
    const entry = entries[record.endIndex]
    if (!entry || !equal(entry.bytes, bytes))
      found.push(`epoch ${n} is not entry ${record.endIndex}`)
    const gap = before && breakBetween(before.record, before.bytes, record)
    if (gap !== undefined) found.push(`epoch ${n}: ${gap}`)
    found.push(...rowViolations(saved, record, entries.slice(record.firstIndex, record.endIndex)))
    before = { record, bytes }
  }
  return { count: store.newest, found }
}

async function entriesOf(dataDir: string): Promise<Entry[]> {
  const journal = await openJournal({
    folder: join(dataDir, 'journal'),
    clock: systemClock,
    fatal: (failure) => {
      throw failure
    },
  })
  const entries: Entry[] = []
  for await (const entry of journal.scan(0)) if (entry.bytes) entries.push(entry)
  await journal.close()
  return entries
}

function rowViolations(saved: SavedEpoch, record: EpochRecord, owned: readonly Entry[]): string[] {
  const parsed = parseRows(saved.contributions)
  if (!parsed.ok) throw new Error(parsed.detail)
  const rows = parsed.value
  const found: string[] = []
  if (!equal(contribRoot(rows), record.contribRoot)) found.push(`epoch ${record.n}: another root`)
  const byDevice = new Map<string, { seq: number; leaf: Uint8Array }[]>()
  for (const { kind, bytes } of owned) {
    const reading = kind === 'rd' ? decodeReading(bytes) : undefined
    if (!reading?.ok) continue
    const { kid, seq } = reading.value.header
    const device = deviceIdOfKid(kid)
    byDevice.set(device, [...(byDevice.get(device) ?? []), { seq, leaf: leafHash(bytes) }])
  }
  for (const row of rows) {
    const own = (byDevice.get(row.device) ?? []).sort((a, b) => a.seq - b.seq)
    byDevice.delete(row.device)
    if (row.late !== 0 || row.accepted !== own.length)
      found.push(`epoch ${record.n}: ${row.device} counts ${row.accepted} of ${own.length}`)
    if (row.readings !== toHex(rootOfLeaves(own.map(({ leaf }) => leaf))))
      found.push(`epoch ${record.n}: ${row.device} has another root of readings`)
  }
  for (const device of byDevice.keys()) found.push(`epoch ${record.n}: ${device} has no row`)
  return found
}
