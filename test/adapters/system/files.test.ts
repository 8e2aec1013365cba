import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeFileAtomic } from '../../../gateway/adapters/system/atomicFile.js'
import { checkpointFile } from '../../../gateway/adapters/system/checkpointFile.js'
import { evidenceFile } from '../../../gateway/adapters/system/evidenceFile.js'
import { evidenceBytesMax } from '../../../gateway/core/limits.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a checkpoint is there whole or not at all', async () => {
  const path = join(folder, 'checkpoint')
  const store = checkpointFile(folder)
  expect(await store.load()).toBeUndefined()
  await store.save('one\n')
  await store.save('two — signed\n')
  expect(await store.load()).toBe('two — signed\n')
  expect(statSync(path).mode & 0o777).toBe(0o644)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('a write that fails leaves the old file and no litter', async () => {
  const path = join(folder, 'taken')
  await writeFileAtomic(join(folder, 'old'), 'old')
  await expect(writeFileAtomic(join(folder, 'missing', 'x'), 'y')).rejects.toThrow('ENOENT')
  writeFileSync(path, '')
  await expect(writeFileAtomic(join(path, 'x'), 'y')).rejects.toThrow('ENOTDIR')
  expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old')
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('evidence is kept line by line, up to its end', async () => {
  const path = join(folder, 'evidence.jsonl')
  const errors: unknown[] = []
  const report = (error: unknown) => errors.push(error)
  const proof = { device: 'd', seq: 7, message: Uint8Array.of(1, 2, 3), atMs: 5 }
  const store = evidenceFile(folder, report)
  store.keep(proof)
  store.keep({ ...proof, seq: 8 })
  const lines = () => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [])
  await expect.poll(() => lines().length).toBe(2)
  expect(JSON.parse(lines()[1]!)).toMatchObject({ device: 'd', seq: 8, message: 'AQID' })
  writeFileSync(path, 'x'.repeat(evidenceBytesMax))
  evidenceFile(folder, report).keep(proof)
  evidenceFile(join(folder, 'none'), report).keep(proof)
  await expect.poll(() => errors.length).toBe(1)
  expect(statSync(path).size).toBe(evidenceBytesMax)
})
