/** Releases and credits, kept as the journal keeps entries: segments, check values, group commit. */
import { utf8 } from '../../core/bytes.js'
import { Failure } from '../../core/failure.js'
import type { RecordLog } from '../../ports/records.js'
import { type JournalOptions, openJournal } from './journal.js'

/**
 * Opens (or makes) the log in a folder. Throws Failure('data') where a segment is damaged or missing:
 * what it held would be forgotten, so nothing is done without it.
 */
export async function openRecordLog(
  options: Pick<JournalOptions, 'folder' | 'clock' | 'fatal' | 'onCut' | 'fileSystem'>,
): Promise<RecordLog> {
  const journal = await openJournal(options)
  return {
    get size() {
      return journal.size
    },
    async append(texts) {
      const { first } = await journal.append(
        texts.map((text) => ({ kind: 'js' as const, bytes: utf8(text) })),
      )
      return first
    },
    async *scan(from, to) {
      for await (const { index, atMs, kind, bytes } of journal.scan(from, to)) {
        if (kind !== 'js' || bytes === undefined)
          throw new Failure('data', `record ${index} in ${options.folder} is of another log`)
        yield { index, atMs, text: new TextDecoder().decode(bytes) }
      }
    },
    close: () => journal.close(),
  }
}
