/**
 * A process with a journal, for strace.test.ts: appends in groups until something ends it or it has
 * done its work, and says on its output how many entries have been acknowledged. Arguments: folder.
 */
import { writeSync } from 'node:fs'
import { openJournal } from '../../../gateway/adapters/journal/journal.js'
import { identifyTest, testEntries } from './support.js'

const folder = process.argv[2]!
const journal = await openJournal({
  folder,
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  segmentBytesMax: 2_000,
  identify: identifyTest,
  fatal(failure) {
    writeSync(2, `${failure.message}\n`)
    process.exit(73)
  },
})
let answered = 0
const groups: Promise<void>[] = []
for (let n = 0, count = 1; n < 120; n += count, count = (count % 5) + 1) {
  const appended = journal.append(testEntries(n, count)).then(({ first }) => {
    answered = first + count
    writeSync(1, `${answered}\n`)
  })
  // Some wait for their answer and some do not: commits of one group and of several.
  if (count !== 3) await appended
  groups.push(appended)
}
await Promise.all(groups)
await journal.close()
