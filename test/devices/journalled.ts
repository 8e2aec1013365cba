/** What a journal holds after the end of a gateway. */
import { join } from 'node:path'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { parseSign1 } from '../../gateway/core/cose/sign1.js'
import { parseReadingHeader } from '../../gateway/core/senml/reading.js'

/** Each reading of the journal as it was signed, with its sequence, in the order of the journal. */
export async function journalled(dataDir: string): Promise<[number, Uint8Array][]> {
  const found: [number, Uint8Array][] = []
  const journal = await openJournal({
    folder: join(dataDir, 'journal'),
    clock: systemClock,
    fatal: (failure) => {
      throw failure
    },
  })
  for await (const entry of journal.scan(0)) {
    if (entry.kind !== 'rd' || !entry.bytes) continue
    const sign1 = parseSign1(entry.bytes)
    const header = sign1.ok ? parseReadingHeader(sign1.value.protectedBytes) : sign1
    if (!header.ok) throw new Error(`entry ${entry.index} is no reading: ${header.detail}`)
    found.push([header.value.seq, new Uint8Array(entry.bytes)])
  }
  await journal.close()
  return found
}
