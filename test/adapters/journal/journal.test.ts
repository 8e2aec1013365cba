import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crc32c } from '../../../gateway/adapters/journal/crc32c.js'
import { identifyReading } from '../../../gateway/adapters/journal/stub.js'
import { utf8 } from '../../../gateway/core/bytes.js'
import { assembleSign1 } from '../../../gateway/core/cose/sign1.js'
import { commitBytesMax } from '../../../gateway/core/limits.js'
import { leafHash } from '../../../gateway/core/log/tree.js'
import { encodePack } from '../../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../../gateway/core/senml/reading.js'
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
  turns,
} from './support.js'

describe('CRC-32C', () => {
  it('gives the published check values', () => {
    // RFC 3720 appendix B.4, and the check value of the catalogue of CRCs.
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  it('is the same for a part of a buffer, at any offset and length', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * 7)
    for (let from = 0; from < 20; from++)
      for (let to = from; to < 50; to++)
        expect(crc32c(bytes, from, to)).toBe(crc32c(bytes.slice(from, to)))
  })
})

describe('group commit', () => {
  it('takes all that wait in one write and one sync, in order', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    await journal.append([testEntry(0)])
    const before = disk.log.length
    const answers = await Promise.all(testEntries(1, 200).map((entry) => journal.append([entry])))
    expect(disk.log.slice(before)).toEqual(['write', 'datasync'])
    expect(answers.map(({ first }) => first)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(new Set(answers.map(({ atMs }) => atMs)).size).toBe(1)
    expect(difference(await allOf(journal), testEntries(0, 201))).toBeUndefined()
  })

  it('lets what came during a commit go together in the next', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    const answered: number[] = []
    const append = (n: number): Promise<unknown> =>
      journal.append([testEntry(n)]).then(({ first }) => answered.push(first))
    void append(0)
    disk.before = () => {
      if (disk.log.at(-1) !== 'write') return
      disk.before = undefined
      for (let n = 1; n <= 30; n++) void append(n)
    }
    await expect.poll(() => answered.length).toBe(31)
    expect(disk.log.filter((step) => step === 'datasync')).toHaveLength(2)
    expect(answered).toEqual(Array.from({ length: 31 }, (_, i) => i))
  })

  it('resolves an append of nothing once everything before is durable', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    expect(await journal.append([])).toMatchObject({ first: 0 })
    expect(disk.operations).toBe(1)
    const order: string[] = []
    void journal.append(testEntries(0, 3)).then(() => order.push('three'))
    await journal.append([]).then(({ first }) => order.push(`nothing at ${first}`))
    expect(order).toEqual(['three', 'nothing at 3'])
    expect(journal.size).toBe(3)
  })

  it('writes the largest commit there may be, and splits what is more', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    const large = { kind: 'rd' as const, bytes: new Uint8Array(2048).fill(9) }
    const count = Math.floor(commitBytesMax / (2048 + 26))
    await journal.append(Array.from({ length: count }, () => large))
    expect(() => journal.append(Array.from({ length: count + 1 }, () => large))).toThrow(
      'fit in one commit',
    )
    const before = disk.log.length
    await Promise.all(
      Array.from({ length: 3 }, () => journal.append(Array.from({ length: 400 }, () => large))),
    )
    expect(disk.log.slice(before).filter((step) => step === 'write')).toHaveLength(3)
    expect(journal.size).toBe(count + 1200)
    expect((await allOf(journal, count + 1199))[0]?.bytes).toEqual(large.bytes)
  })

  it('commits what waits when it is closed, and takes nothing after', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    const answers = Promise.all([
      journal.append(testEntries(0, 20)),
      journal.append(testEntries(20, 20)),
    ])
    await journal.close()
    expect((await answers).map(({ first }) => first)).toEqual([0, 20])
    expect(() => journal.append([testEntry(1)])).toThrow('closed journal')
    expect((await open({ fileSystem: disk })).journal.size).toBe(40)
  })
})

describe('segments', () => {
  it('end when they are full and when they are a day old', async () => {
    const disk = new Disk()
    const clock = testClock()
    const { journal } = await open({ fileSystem: disk, clock, segmentBytesMax: 1000 })
    for (let n = 0; n < 30; n++) await journal.append([testEntry(n)])
    const full = disk.files().length
    expect(full).toBeGreaterThan(2)
    for (const path of disk.files()) expect(disk.contents(path).length).toBeLessThanOrEqual(1000)
    clock.atMs += 86_400_000
    await journal.append([testEntry(30)])
    expect(disk.files()).toHaveLength(full + 1)
    expect(journal.bytes).toBe(
      disk.files().reduce((sum, path) => sum + disk.contents(path).length, 0),
    )
    expect(difference(await allOf(journal), testEntries(0, 31))).toBeUndefined()
    await journal.close()
    const again = await open({ fileSystem: disk, clock, segmentBytesMax: 1000 })
    await again.journal.append([testEntry(31)])
    expect(difference(await allOf(again.journal), testEntries(0, 32))).toBeUndefined()
  })
})

describe('reading', () => {
  it('finds every entry, and none where there is none', async () => {
    const { journal } = await open({ fileSystem: new Disk(), segmentBytesMax: 20_000 })
    for (let n = 0; n < 1200; n += 60) await journal.append(testEntries(n, 60))
    for (let n = 0; n < 1200; n += 7)
      expect((await journal.read(n))?.bytes).toEqual(testEntry(n).bytes)
    for (const none of [-1, 1200, 0.5, Number.NaN]) expect(await journal.read(none)).toBeUndefined()
  })

  it('gives any range, across segments and blocks', async () => {
    const { journal } = await open({ fileSystem: new Disk(), segmentBytesMax: 20_000 })
    for (let n = 0; n < 1200; n += 60) await journal.append(testEntries(n, 60))
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [255, 257],
      [300, 900],
      [1199, 1200],
      [1100, 5000],
      [7, 3],
    ] as const) {
      const found = await allOf(journal, from, to)
      const indices = Array.from(
        { length: Math.max(0, Math.min(to, 1200) - from) },
        (_, i) => from + i,
      )
      expect(found.map(({ index }) => index)).toEqual(indices)
    }
  })

  it('reads in large blocks', async () => {
    const disk = new Disk()
    const { journal } = await open({ fileSystem: disk })
    const large = { kind: 'rd' as const, bytes: new Uint8Array(2000).fill(1) }
    for (let i = 0; i < 5; i++) await journal.append(Array.from({ length: 500 }, () => large))
    await journal.close()
    const again = await open({ fileSystem: disk })
    expect((await allOf(again.journal)).length).toBe(2500)
    expect((await again.journal.read(2499))?.index).toBe(2499)
  })

  it('goes on beside appends and sees what was durable when it began', async () => {
    const { journal } = await open({ fileSystem: new Disk(), segmentBytesMax: 2000 })
    await journal.append(testEntries(0, 100))
    const scan = journal.scan(0)
    const appends = Promise.all(testEntries(100, 200).map((entry) => journal.append([entry])))
    let n = 0
    for await (const entry of scan) expect(entry.bytes).toEqual(testEntry(n++).bytes)
    expect(n).toBe(100)
    await appends
    expect(difference(await allOf(journal), testEntries(0, 300))).toBeUndefined()
  })
})

describe('retention', () => {
  it('drops the bodies of readings in whole segments that ended before', async () => {
    const disk = new Disk()
    const clock = testClock()
    const { journal } = await open({ fileSystem: disk, clock, segmentBytesMax: 500 })
    const times: number[] = []
    for (let n = 0; n < 60; n += 3) {
      clock.atMs += 1000
      times.push((await journal.append(testEntries(n, 3))).atMs)
    }
    const before = times[10]!
    const bytes = journal.bytes
    const dropped = await journal.dropBodies(before)
    const found = await allOf(journal)
    expect(difference(found, testEntries(0, 60))).toBeUndefined()
    const gone = found.filter((entry) => entry.bytes === undefined)
    expect(gone.length).toBe(dropped)
    expect(dropped).toBeGreaterThan(8)
    for (const { atMs } of gone) expect(atMs).toBeLessThan(before)
    expect(journal.bytes).not.toBe(bytes)
    expect(await journal.dropBodies(before)).toBe(0)
    await journal.dropBodies(clock.atMs + 1)
    await journal.append([testEntry(60)])
    await journal.close()
    const again = await open({ fileSystem: disk, clock })
    expect(difference(await allOf(again.journal), testEntries(0, 61))).toBeUndefined()
    // The newest segment keeps its bodies.
    expect((await again.journal.read(57))?.bytes).toEqual(testEntry(57).bytes)
  })

  it('does not disturb who reads meanwhile', async () => {
    const disk = new Disk()
    const clock = testClock()
    const { journal } = await open({ fileSystem: disk, clock, segmentBytesMax: 500 })
    for (let n = 0; n < 60; n += 3) await journal.append(testEntries(n, 3))
    clock.atMs += 1
    const dropping = journal.dropBodies(clock.atMs)
    const reads: Promise<unknown>[] = []
    for (let round = 0; round < 40; round++) {
      reads.push(
        allOf(journal).then((found) =>
          expect(difference(found, testEntries(0, 60))).toBeUndefined(),
        ),
      )
      for (const n of [0, 15, 30, 45])
        reads.push(journal.read(n).then((entry) => expect(entry?.index).toBe(n)))
      await turns(3)
    }
    await dropping
    await Promise.all(reads)
    expect(disk.files().filter((path) => path.endsWith('.stub')).length).toBeGreaterThan(3)
  })

  it('leaves no byte of a body behind', async () => {
    const disk = new Disk()
    const clock = testClock()
    const { journal } = await open({ fileSystem: disk, clock, segmentBytesMax: 200 })
    const secret = utf8('0123456789abcd, a body that nobody may read any more')
    await journal.append([{ kind: 'rd', bytes: secret }])
    await journal.append(testEntries(1, 3))
    await journal.append(testEntries(4, 3))
    clock.atMs += 1
    await journal.dropBodies(clock.atMs)
    for (const path of disk.files())
      expect(Buffer.from(disk.contents(path)).includes('nobody may read')).toBe(false)
  })

  it('reads kid and sequence of a real message', async () => {
    const kid = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
    const protectedBytes = encodeReadingHeader({ alg: -8, kid, seq: 70_000 })
    const payload = encodePack([
      { metric: 'temperature', time: 1_762_000_000, value: { m: 215, e: -1 } },
    ])
    const message = assembleSign1(protectedBytes, payload, new Uint8Array(64))
    const disk = new Disk()
    const clock = testClock()
    const { journal } = await open({
      fileSystem: disk,
      clock,
      segmentBytesMax: 100,
      identify: identifyReading,
    })
    await journal.append([{ kind: 'rd', bytes: message }])
    await journal.append([testEntry(3)])
    clock.atMs += 1
    expect(await journal.dropBodies(clock.atMs)).toBe(1)
    expect(await journal.read(0)).toMatchObject({
      kind: 'rd',
      bytes: undefined,
      kid,
      seq: 70_000,
      leaf: leafHash(message),
    })
  })
})

describe('on a real file system', () => {
  let real: string
  beforeEach(async () => {
    real = await mkdtemp(join(tmpdir(), 'fieldproof-journal-'))
  })
  afterEach(() => rm(real, { recursive: true }))

  it('keeps what it is given, in private files', async () => {
    const path = join(real, 'data', 'journal')
    const options = { folder: path, segmentBytesMax: 20_000 }
    const one = await open(options)
    for (let n = 0; n < 1000; n += 50) await one.journal.append(testEntries(n, 50))
    await one.journal.close()
    const names = await readdir(path)
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
    const two = await open(options)
    expect(difference(await allOf(two.journal), testEntries(0, 1000))).toBeUndefined()
    expect(await two.journal.dropBodies(testClock().atMs + 1)).toBeGreaterThan(300)
    expect(difference(await allOf(two.journal), testEntries(0, 1000))).toBeUndefined()
    await two.journal.close()
  })

  it('says what to do where the folder cannot be used', async () => {
    await writeFile(join(real, 'journal'), 'a file')
    const failure = await rejection(open({ folder: join(real, 'journal') }))
    expect(failure).toMatchObject({ name: 'Failure', code: 'data' })
    expect(failure.message).toContain(`cannot open the journal in ${join(real, 'journal')}`)
    await mkdir(join(real, 'other'))
    expect((await open({ folder: join(real, 'other') })).journal.size).toBe(0)
  })
})

it('names segments by their first entry', async () => {
  const disk = new Disk()
  const { journal } = await open({ fileSystem: disk, segmentBytesMax: 100 })
  await journal.append(testEntries(0, 3))
  await journal.append(testEntries(3, 1))
  expect(disk.files()).toEqual([`${folder}/0000000000000000.seg`, `${folder}/0000000000000003.seg`])
})
