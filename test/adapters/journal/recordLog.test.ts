import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openJournal } from '../../../gateway/adapters/journal/journal.js'
import { openRecordLog } from '../../../gateway/adapters/journal/recordLog.js'
import { recordBytesMax } from '../../../gateway/core/limits.js'
import { testClock } from './support.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'))
})

afterEach(() => rm(folder, { recursive: true }))

const open = () =>
  openRecordLog({
    folder,
    clock: testClock(),
    fatal: (failure) => {
      throw failure
    },
  })

async function textsOf(from = 0): Promise<string[]> {
  const log = await open()
  const texts: string[] = []
  for await (const { text } of log.scan(from)) texts.push(text)
  await log.close()
  return texts
}

it('gives records back in order after a start, up to the largest', async () => {
  const log = await open()
  const largest = 'x'.repeat(recordBytesMax)
  expect(await log.append(['{"a":1}', '{"é":2}'])).toBe(0)
  expect(await log.append([largest])).toBe(2)
  expect(log.size).toBe(3)
  await log.close()
  expect(await textsOf()).toEqual(['{"a":1}', '{"é":2}', largest])
  expect(await textsOf(1)).toEqual(['{"é":2}', largest])
})

it('refuses to open over a damaged record, and changes nothing', async () => {
  const log = await open()
  await log.append(['first'])
  await log.append(['second'])
  await log.close()
  const path = join(folder, (await readdir(folder))[0]!)
  const bytes = await readFile(path)
  bytes[bytes.indexOf('first')]! ^= 1
  await writeFile(path, bytes)
  await expect(open()).rejects.toMatchObject({ code: 'data' })
  expect(await readFile(path)).toEqual(bytes)
})

it('refuses the entries of a journal', async () => {
  const journal = await openJournal({ folder, clock: testClock(), fatal: () => undefined })
  await journal.append([{ kind: 'ap', bytes: new Uint8Array(3) }])
  await journal.close()
  await expect(textsOf()).rejects.toMatchObject({ code: 'data' })
})
