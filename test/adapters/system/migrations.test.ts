import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataDir } from '../../../gateway/adapters/system/dataDir.js'
import {
  layoutOf,
  type Migration,
  migrations,
  newestLayout,
  versionOf,
} from '../../../gateway/adapters/system/migrations.js'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'fp-layout-')), 'data')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const version = () => readFileSync(join(folder, 'version'), 'utf8')
const file = (name: string) => join(folder, name)

/** Two later layouts: one moves a file, the next writes what the first left. */
function laterLayouts(log: string[]): Migration[] {
  return [
    {
      about: 'moves old.txt',
      async run(dataDir) {
        log.push('move')
        if (existsSync(join(dataDir, 'old.txt')))
          await rename(join(dataDir, 'old.txt'), join(dataDir, 'new.txt'))
      },
    },
    {
      about: 'writes the summary',
      async run(dataDir) {
        log.push('sum')
        const text = readFileSync(join(dataDir, 'new.txt'), 'utf8')
        await writeFile(join(dataDir, 'sum.txt'), `${text.length}`)
      },
    },
  ]
}

/** A folder as this program leaves it before those layouts were thought of. */
async function makeFirstLayout(): Promise<string> {
  const dir = await openDataDir(folder, [])
  await dir.close()
  expect(version()).toBe('fieldproof-data 1\n')
  writeFileSync(file('old.txt'), 'kept')
  return dir.operatorToken
}

test('an older folder is brought forward once, step by step, and keeps its secrets', async () => {
  const token = await makeFirstLayout()
  const log: string[] = []
  for (let start = 0; start < 2; start++) {
    const dir = await openDataDir(folder, laterLayouts(log))
    expect(dir).toMatchObject({ isNew: false, operatorToken: token })
    await dir.close()
  }
  expect(log).toEqual(['move', 'sum'])
  expect(version()).toBe('fieldproof-data 3\n')
  expect(readFileSync(file('sum.txt'), 'utf8')).toBe('4')
})

test('a new folder is of the newest layout; nothing is run on it', async () => {
  const log: string[] = []
  await (await openDataDir(folder, laterLayouts(log))).close()
  expect(log).toEqual([])
  expect(version()).toBe('fieldproof-data 3\n')
})

test('a step that fails names itself, keeps the number before it, and is tried again', async () => {
  await makeFirstLayout()
  rmSync(file('old.txt'))
  const log: string[] = []
  await expect(openDataDir(folder, laterLayouts(log))).rejects.toThrow(
    /from layout 2 to 3 \(writes the summary\): ENOENT.*restore a backup/,
  )
  expect(version()).toBe('fieldproof-data 2\n')
  writeFileSync(file('new.txt'), 'mended')
  await (await openDataDir(folder, laterLayouts(log))).close()
  expect(log).toEqual(['move', 'sum', 'sum'])
  expect(version()).toBe('fieldproof-data 3\n')
})

test('a crash before the number is written runs the step again', async () => {
  await makeFirstLayout()
  const log: string[] = []
  await (await openDataDir(folder, laterLayouts(log).slice(0, 1))).close()
  writeFileSync(file('version'), 'fieldproof-data 1\n')
  await (await openDataDir(folder, laterLayouts(log).slice(0, 1))).close()
  expect(log).toEqual(['move', 'move'])
  expect(readFileSync(file('new.txt'), 'utf8')).toBe('kept')
})

test('a newer folder, or one of another kind, is refused', async () => {
  await makeFirstLayout()
  for (const text of [versionOf(newestLayout(migrations) + 1), 'fieldproof-data 01', 'other 1']) {
    writeFileSync(file('version'), `${text}\n`)
    await expect(openDataDir(folder)).rejects.toMatchObject({ code: 'data' })
  }
  expect(layoutOf('fieldproof-data 12')).toBe(12)
})
