import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLevel } from '../../../gateway/adapters/level/open.js'
import { temporaryFolder } from '../../support/gateway.js'

test('the sequence index finds what was added, before and after it is written', async () => {
  const folder = temporaryFolder('level')
  let level = await openLevel(folder)
  expect(level.sequences.cursor).toBe(0)
  const big = Number.MAX_SAFE_INTEGER
  level.sequences.add('a', 5, 100)
  level.sequences.add('a', big, 2 ** 40)
  level.sequences.add('b', 5, 102)
  expect(await level.sequences.find('a', 5)).toBe(100)
  const flushing = level.sequences.flush(103)
  level.sequences.add('a', 6, 103)
  expect(await level.sequences.find('a', big)).toBe(2 ** 40)
  expect(await level.sequences.list('a', 0, big, 10)).toEqual([
    { seq: 5, index: 100 },
    { seq: 6, index: 103 },
    { seq: big, index: 2 ** 40 },
  ])
  await flushing
  expect(level.sequences.cursor).toBe(103)
  level.sequences.add('a', 7, 104)
  expect(await level.sequences.find('a', 7)).toBe(104)
  await level.close()

  level = await openLevel(folder)
  expect(level.sequences.cursor).toBe(103)
  expect(await level.sequences.find('b', 5)).toBe(102)
  expect(await level.sequences.find('a', big)).toBe(2 ** 40)
  // What was not flushed is fed again from the cursor.
  expect(await level.sequences.find('a', 7)).toBeUndefined()
  expect(await level.sequences.find('a', 4)).toBeUndefined()
  expect(await level.sequences.find('c', 5)).toBeUndefined()
  await level.close()
})

test('the sequence index lists a range in order, from disk and overlay together', async () => {
  const level = await openLevel(temporaryFolder('level'))
  const seq = fc.integer({ min: 0, max: 60 })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(seq), fc.array(seq), seq, seq, fc.nat(20), async (a, b, x, y, n) => {
      run++
      const device = `device${run}`
      const model = new Map<number, number>()
      for (const one of a) model.set(one, one + 1_000)
      for (const one of a) level.sequences.add(device, one, one + 1_000)
      await level.sequences.flush(run)
      for (const one of b) model.set(one, one + 1_000)
      for (const one of b) level.sequences.add(device, one, one + 1_000)
      const [from, to] = [Math.min(x, y), Math.max(x, y)]
      const expected = [...model]
        .map(([seq, index]) => ({ seq, index }))
        .filter((one) => one.seq >= from && one.seq <= to)
        .sort((one, other) => one.seq - other.seq)
        .slice(0, n)
      expect(await level.sequences.list(device, from, to, n)).toEqual(expected)
    }),
  )
  await level.close()
})

test('candidates, snapshots and cursors come back as they were saved', async () => {
  const folder = temporaryFolder('level')
  let level = await openLevel(folder)
  expect(await level.pending.load()).toEqual([])
  expect(await level.snapshots.load()).toBeUndefined()
  expect(await level.cursor('x').load()).toBe(0)
  const proofs = [new Uint8Array([1, 2, 3]), new Uint8Array(2_048).fill(7), new Uint8Array(0)]
  await level.pending.save(proofs)
  await level.snapshots.save(2 ** 40 + 1, new Uint8Array([9, 8]))
  await level.cursor('x').save(77)
  await level.close()
  level = await openLevel(folder)
  expect(await level.pending.load()).toEqual(proofs)
  expect(await level.snapshots.load()).toEqual({
    entries: 2 ** 40 + 1,
    state: new Uint8Array([9, 8]),
  })
  expect(await level.cursor('x').load()).toBe(77)
  expect(await level.cursor('y').load()).toBe(0)
  await level.pending.save([])
  expect(await level.pending.load()).toEqual([])
  await level.close()
})

test('an answer is there at once, and after the database was closed and opened', async () => {
  const folder = temporaryFolder('level')
  let level = await openLevel(folder)
  const answerAt = (atMs: number, text: string) => ({ atMs, hash: 'h', text })
  const written = level.answers.save('1/a', answerAt(5_000, 'first'))
  void level.answers.save('1/b', answerAt(5_000, 'b'))
  void level.answers.save('1/a', answerAt(6_000, 'second'))
  expect((await level.answers.load('1/a'))?.text).toBe('second')
  expect(await level.answers.load('1/c')).toBeUndefined()
  await written
  expect((await level.answers.load('1/a'))?.text).toBe('second')
  void level.answers.save('2/a', answerAt(9_000, 'late'))
  await level.close()

  level = await openLevel(folder)
  expect((await level.answers.load('1/a'))?.text).toBe('second')
  expect((await level.answers.load('2/a'))?.text).toBe('late')
  await level.answers.drop(8_000)
  expect(await level.answers.load('1/b')).toBeUndefined()
  expect((await level.answers.load('2/a'))?.text).toBe('late')
  await level.close()
  // Written after the end: the caller is told.
  await expect(level.answers.save('3/a', answerAt(1, 'x'))).rejects.toThrow(
    'storing answers failed',
  )
})
