import { describe, expect, it } from 'vitest'
import { recordHeaderBytes, segmentHeaderBytes } from '../../../gateway/adapters/journal/record.js'
import { Disk } from './disk.js'
import {
  allOf,
  difference,
  folder,
  open,
  rejection,
  testClock,
  testEntries,
  testEntry,
} from './support.js'

const first = `${folder}/0000000000000000.seg`

/** A journal of one segment: commits of the given numbers of entries. */
async function written(commits: readonly number[], segmentBytesMax?: number): Promise<Disk> {
  const disk = new Disk()
  const { journal } = await open({ fileSystem: disk, ...(segmentBytesMax && { segmentBytesMax }) })
  let n = 0
  for (const count of commits) {
    await journal.append(testEntries(n, count))
    n += count
  }
  await journal.close()
  return disk
}

/** Offset of each record of consecutive entries, and where the last one ends. */
function offsetsOf(from: number, count: number): number[] {
  const offsets = [segmentHeaderBytes]
  for (let n = from; n < from + count; n++)
    offsets.push(offsets.at(-1)! + recordHeaderBytes + testEntry(n).bytes.length)
  return offsets
}

/** Offset of the record that a byte belongs to. */
function recordAt(offsets: readonly number[], byte: number): number {
  return offsets.findLast((offset) => offset <= byte)!
}

describe('a torn tail', () => {
  it('is cut wherever the write of the last commit ended, and whatever stands behind it', async () => {
    const disk = await written([3, 1, 4])
    const bytes = disk.contents(first)
    const start = offsetsOf(0, 8)[4]!
    for (let end = start; end < bytes.length; end++) {
      const zeros = new Uint8Array(bytes.length)
      const noise = new Uint8Array(bytes.length + 40).fill(0xa7)
      zeros.set(bytes.subarray(0, end))
      noise.set(bytes.subarray(0, end))
      noise[end] = bytes[end]! ^ 0x40
      for (const torn of [bytes.subarray(0, end), zeros, noise]) {
        if (torn === zeros && bytes.subarray(end).every((byte) => byte === 0)) continue
        disk.put(first, torn)
        const { journal, cuts } = await open({ fileSystem: disk })
        expect(journal.size).toBe(4)
        expect(journal.bytes).toBe(start)
        const cut = { path: first, offset: start, bytes: torn.length - start }
        if (torn.length === start) expect(cuts).toEqual([])
        else expect(cuts).toMatchObject([cut])
        await journal.close()
        expect(disk.contents(first)).toEqual(bytes.slice(0, start))
      }
    }
  })

  it('of the first commit takes the segment with it', async () => {
    const whole = await written([2])
    const bytes = whole.contents(first)
    for (let end = 0; end < bytes.length; end++) {
      const disk = new Disk()
      disk.put(first, bytes.subarray(0, end))
      const { journal, cuts } = await open({ fileSystem: disk })
      expect(journal.size).toBe(0)
      expect(cuts).toMatchObject([{ path: first, offset: 0, bytes: end }])
      expect(disk.files()).toEqual([])
      await journal.append(testEntries(0, 2))
      expect(difference(await allOf(journal), testEntries(0, 2))).toBeUndefined()
      await journal.close()
    }
  })

  it('of a new segment leaves the one before it as the newest', async () => {
    const disk = await written([3, 3], 100)
    const second = `${folder}/0000000000000003.seg`
    const bytes = disk.contents(second)
    for (const end of [0, 1, 15, 16, 17, bytes.length - 1]) {
      disk.put(second, bytes.subarray(0, end))
      const { journal, cuts } = await open({ fileSystem: disk, segmentBytesMax: 100 })
      expect(journal.size).toBe(3)
      expect(cuts).toMatchObject([{ path: second, offset: 0, bytes: end }])
      await journal.append(testEntries(3, 2))
      expect(difference(await allOf(journal), testEntries(0, 5))).toBeUndefined()
      await journal.close()
      disk.delete(second)
    }
  })

  it('may not be cut where the entries are known to have been durable', async () => {
    const disk = await written([3, 1, 4])
    disk.put(first, disk.contents(first).slice(0, -1))
    const failure = await rejection(open({ fileSystem: disk, durableMin: 8 }))
    expect(failure).toMatchObject({ code: 'data' })
    expect(failure.message).toContain('holds 4 entries, but 8 are known to have been durable')
    expect((await open({ fileSystem: disk, durableMin: 4 })).journal.size).toBe(4)
  })
})

describe('damage', () => {
  it('of any byte before the last commit is refused with the place of its record', async () => {
    const disk = await written([3, 1, 2, 2])
    const bytes = disk.contents(first)
    const offsets = offsetsOf(0, 8)
    for (let i = 0; i < offsets[6]!; i++) {
      for (const flip of [1, 0x80]) {
        const damaged = bytes.slice()
        damaged[i]! ^= flip
        disk.put(first, damaged)
        const failure = await rejection(open({ fileSystem: disk }))
        const place = i < segmentHeaderBytes ? 0 : recordAt(offsets, i)
        expect(failure).toMatchObject({ code: 'data' })
        if (!failure.message.startsWith(`${first} is damaged at byte ${place}: `))
          expect.fail(`byte ${i}: ${failure.message}`)
        expect(failure.message).toContain('Restore the data directory from a backup')
        expect(disk.contents(first)).toEqual(damaged)
      }
    }
  })

  it('of any byte of a segment that another one follows is refused', async () => {
    const disk = await written([2, 2, 4], 150)
    const bytes = disk.contents(first)
    const offsets = offsetsOf(0, 2)
    expect(disk.files()).toHaveLength(3)
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice()
      damaged[i]! ^= 0x10
      disk.put(first, damaged)
      const failure = await rejection(open({ fileSystem: disk }))
      const place = i < segmentHeaderBytes ? 0 : recordAt(offsets, i)
      if (!failure.message.startsWith(`${first} is damaged at byte ${place}: `))
        expect.fail(`byte ${i}: ${failure.message}`)
    }
    disk.put(first, bytes.subarray(0, -1))
    expect((await rejection(open({ fileSystem: disk }))).message).toContain('is damaged at byte')
    disk.put(first, Buffer.concat([bytes, Buffer.alloc(3)]))
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(`byte ${bytes.length}`)
  })

  it('is refused although the segment after it holds nothing', async () => {
    const disk = await written([2, 2], 100)
    disk.put(first, disk.contents(first).slice(0, -1))
    disk.put(`${folder}/0000000000000002.seg`, new Uint8Array(5))
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(`${first} is damaged`)
  })

  it('changes nothing: no tail is cut and no file is removed before all is found good', async () => {
    const disk = await written([2, 2, 2], 100)
    const [one, , three] = disk.files()
    const damaged = disk.contents(one!)
    damaged[40]! ^= 1
    disk.put(one!, damaged)
    disk.put(three!, disk.contents(three!).slice(0, -1))
    disk.put(`${folder}/0000000000000002.stub`, new Uint8Array(20))
    disk.put(`${folder}/0000000000000002.tmp`, new Uint8Array(20))
    const before = disk.files().map((path) => [path, disk.contents(path)])
    await rejection(open({ fileSystem: disk }))
    expect(disk.files().map((path) => [path, disk.contents(path)])).toEqual(before)
  })

  it('of a time that falls from one segment to the next is refused', async () => {
    const clock = testClock()
    const disk = await written([2])
    const later = new Disk()
    clock.atMs -= 1000
    const { journal } = await open({ fileSystem: later, clock, segmentBytesMax: 100 })
    for (const n of [0, 2]) await journal.append(testEntries(n, 2))
    const second = `${folder}/0000000000000002.seg`
    disk.put(second, later.contents(second))
    const failure = await rejection(open({ fileSystem: disk }))
    expect(failure.message).toContain('its time is before that of the segment before it')
  })

  it('of a record that was exchanged for another good one is refused', async () => {
    const disk = await written([1, 1, 1, 1])
    const bytes = disk.contents(first)
    const offsets = offsetsOf(0, 4)
    const record = (n: number): Uint8Array => bytes.slice(offsets[n]!, offsets[n + 1]!)
    const swapped = [bytes.slice(0, segmentHeaderBytes), record(1), record(0), record(2), record(3)]
    disk.put(first, Buffer.concat(swapped))
    const failure = await rejection(open({ fileSystem: disk }))
    expect(failure.message).toContain('byte 16: entry 1 stands where 0 belongs')
    disk.put(first, Buffer.concat([bytes.slice(0, offsets[1]!), record(2), record(3)]))
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      'entry 2 stands where 1 belongs',
    )
  })
})

describe('the chain of segments', () => {
  const names = ['0000000000000000', '0000000000000002', '0000000000000004'].map(
    (name) => `${folder}/${name}.seg`,
  )

  it('may miss none at the start and none in the middle', async () => {
    const disk = await written([2, 2, 2], 100)
    expect(disk.files()).toEqual(names)
    const [one, two] = [disk.contents(names[0]!), disk.contents(names[1]!)]
    disk.delete(names[0]!)
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      `entries 0 to 1 are missing from ${folder}`,
    )
    disk.put(names[0]!, one)
    disk.delete(names[1]!)
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      'entries 2 to 3 are missing',
    )
    disk.put(names[1]!, two)
    expect((await open({ fileSystem: disk })).journal.size).toBe(6)
  })

  it('may miss none at the end where the entries are known to have been durable', async () => {
    const disk = await written([2, 2, 2], 100)
    disk.delete(names[2]!)
    expect((await open({ fileSystem: disk })).journal.size).toBe(4)
    const failure = await rejection(open({ fileSystem: disk, verifyFrom: 6 }))
    expect(failure.message).toContain('holds 4 entries, but 6 are known')
  })

  it('may not overlap, and each has the index of its name', async () => {
    const disk = await written([2, 2, 2], 100)
    const two = disk.contents(names[1]!)
    disk.put(`${folder}/0000000000000003.seg`, two)
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      'it overlaps the segment that begins with entry 3',
    )
    disk.delete(`${folder}/0000000000000003.seg`)
    disk.put(names[1]!, disk.contents(names[2]!))
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      'the header says entry 4, the name 2',
    )
    disk.put(names[1]!, two)
    disk.put(names[2]!, two)
    expect((await rejection(open({ fileSystem: disk }))).message).toContain(
      'the header says entry 2, the name 4',
    )
  })

  it('leaves files of others alone and removes what was half written', async () => {
    const disk = await written([2])
    disk.put(`${folder}/README`, new Uint8Array(3))
    disk.put(`${folder}/0000000000000000.tmp`, new Uint8Array(3))
    const { journal } = await open({ fileSystem: disk })
    expect(journal.size).toBe(2)
    expect(disk.files()).toEqual([first, `${folder}/README`])
  })
})

describe('a start', () => {
  it('of an empty journal makes its folder and no file', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    expect(journal.size).toBe(0)
    expect(journal.bytes).toBe(0)
    expect(disk.files()).toEqual([])
    expect(disk.log).toEqual(['makeFolder'])
  })

  it('reads only the newest segment where a snapshot covers the others', async () => {
    const disk = await written(
      Array.from({ length: 40 }, () => 5),
      400,
    )
    const segments = disk.files().length
    expect(segments).toBeGreaterThan(30)
    const known = await open({ fileSystem: disk })
    await known.journal.close()
    const whole = disk.bytesRead
    disk.bytesRead = 0
    const { journal } = await open({ fileSystem: disk, verifyFrom: 199 })
    expect(disk.bytesRead).toBeLessThan(whole / 10)
    expect(difference(await allOf(journal), testEntries(0, 200))).toBeUndefined()
    expect((await journal.read(17))?.bytes).toEqual(testEntry(17).bytes)
    await journal.close()
  })

  it('finds damage in a segment that was not read at the start when it is read', async () => {
    const disk = await written([5, 5, 5], 300)
    const bytes = disk.contents(first)
    bytes[100]! ^= 1
    disk.put(first, bytes)
    const { journal } = await open({ fileSystem: disk, verifyFrom: 15 })
    const failure = await rejection(journal.read(1))
    expect(failure).toMatchObject({ code: 'data' })
    expect(failure.message).toContain(`${first} is damaged at byte`)
    await rejection(allOf(journal))
    expect((await journal.read(12))?.bytes).toEqual(testEntry(12).bytes)
  })

  it('never lets the time fall, although the clock does', async () => {
    const clock = testClock()
    const disk = new Disk()
    const one = await open({ fileSystem: disk, clock })
    const before = await one.journal.append([testEntry(0)])
    clock.atMs -= 60_000
    const after = await one.journal.append([testEntry(1)])
    expect(after.atMs).toBe(before.atMs)
    await one.journal.close()
    const two = await open({ fileSystem: disk, clock })
    expect((await two.journal.append([testEntry(2)])).atMs).toBe(before.atMs)
    await two.journal.close()
    expect(
      difference(await allOf((await open({ fileSystem: disk })).journal), testEntries(0, 3)),
    ).toBe(undefined)
  })

  it('writes the last commit again: a failed sync may have left it in the cache alone', async () => {
    const disk = new Disk()
    const one = await open({ fileSystem: disk })
    await one.journal.append(testEntries(0, 2))
    disk.fault = { at: disk.operations + 2, kind: 'fail', code: 'EIO' }
    void one.journal.append(testEntries(2, 3))
    await expect.poll(() => one.fatal.length).toBe(1)
    const again = disk.restarted()
    const two = await open({ fileSystem: again })
    expect(two.journal.size).toBe(5)
    const after = again.powerCut(() => 0)
    const three = await open({ fileSystem: after })
    expect(difference(await allOf(three.journal), testEntries(0, 5))).toBeUndefined()
  })
})
