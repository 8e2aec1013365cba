import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allOf, difference, open, testEntries } from './support.js'

/** Errors and kills at system calls of a real process, by strace. */
const child = fileURLToPath(new URL('./straceChild.js', import.meta.url))
const parent = await mkdtemp(join(tmpdir(), 'fieldproof-strace-'))
afterAll(() => rm(parent, { recursive: true }))

interface Ended {
  code: number | string | null
  acknowledged: number
  stderr: string
}

/** strace counts the calls of each thread; one thread for files makes that the calls of the process. */
const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }

function traced(inject: string, command: readonly string[]): Promise<Ended> {
  const call = inject.slice(0, inject.indexOf(':'))
  const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${inject}`]
  return new Promise((resolve) => {
    execFile(
      'strace',
      [...options, ...command],
      { timeout: 30_000, env },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : (error.signal ?? error.code ?? null)
        resolve({ code, acknowledged: Number(stdout.trim().split('\n').at(-1)), stderr })
      },
    )
  })
}

/** Entries that a new process finds; they must be the ones appended, none less than acknowledged. */
async function sizeAfter(folder: string, acknowledged: number): Promise<number> {
  const { journal, fatal } = await open({ folder })
  const { size } = journal
  expect(size).toBeGreaterThanOrEqual(acknowledged)
  expect(difference(await allOf(journal), testEntries(0, size))).toBeUndefined()
  await journal.append(testEntries(size, 1))
  await journal.close()
  expect(fatal).toEqual([])
  return size
}

beforeAll(async () => {
  const { code, stderr } = await traced('fsync:error=EIO:when=1', ['true'])
  if (code !== 0) throw new Error(`strace cannot trace here (is ptrace allowed?): ${stderr}`)
})

describe('a system call that fails', () => {
  const cases = [
    'fdatasync:error=EIO',
    'pwrite64:error=ENOSPC',
    'pwrite64:error=EIO',
    'fsync:error=EIO',
  ]
  it.each(cases)(
    '%s: ends the process, and nothing is acknowledged after it',
    async (inject) => {
      let before = -1
      for (const when of inject.startsWith('fsync') ? [2, 3] : [1, 2, 7, 20]) {
        const folder = join(parent, `${inject}-${when}`)
        const ended = await traced(`${inject}:when=${when}`, [process.execPath, child, folder])
        expect(ended.stderr).toContain(`cannot write the journal in ${folder}: `)
        expect(ended.code).toBe(73)
        // The failed call was the one that stood before the next answer, so each later one has more.
        expect(ended.acknowledged).toBeGreaterThan(before)
        before = ended.acknowledged
        await sizeAfter(folder, ended.acknowledged)
      }
      expect(before).toBeGreaterThan(0)
      expect(before).toBeLessThan(120)
    },
    60_000,
  )

  it('that does not come leaves a process that does its work', async () => {
    const folder = join(parent, 'good')
    const ended = await traced('fdatasync:error=EIO:when=5000', [process.execPath, child, folder])
    expect(ended).toMatchObject({ code: 0, acknowledged: 120, stderr: '' })
    expect(await sizeAfter(folder, 120)).toBe(120)
  })
})

describe('a kill at a system call', () => {
  it.each(['pwrite64', 'fdatasync', 'fsync'])(
    '%s: loses nothing acknowledged',
    async (call) => {
      for (const when of call === 'fsync' ? [1, 2, 3] : [1, 2, 3, 20]) {
        const folder = join(parent, `kill-${call}-${when}`)
        const inject = `${call}:signal=SIGKILL:when=${when}`
        const ended = await traced(inject, [process.execPath, child, folder])
        expect(ended.code).toBe('SIGKILL')
        await sizeAfter(folder, ended.acknowledged)
      }
    },
    60_000,
  )
})
