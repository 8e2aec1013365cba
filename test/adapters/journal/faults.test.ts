import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewEntry } from '../../../gateway/ports/journal.js'
import { Disk, type FaultKind, type Random } from './disk.js'
import {
  allOf,
  difference,
  type Opened,
  open,
  rejection,
  testClock,
  testEntries,
  testEntry,
  turns,
} from './support.js'

const segmentBytesMax = 600

/** What a run of a journal has promised: entries acknowledged, and groups that may be there. */
interface Promised {
  acknowledged: NewEntry[]
  open: NewEntry[][]
}

/** Checks what a restart found; from then on it is promised. */
function checkRestart(
  found: Awaited<ReturnType<typeof allOf>>,
  promised: Promised,
): string | undefined {
  const all = [...promised.acknowledged]
  for (const group of [undefined, ...promised.open]) {
    if (group !== undefined) all.push(...group)
    if (found.length === all.length) {
      const wrong = difference(found, all)
      promised.acknowledged = all
      promised.open = []
      return wrong
    }
  }
  return `${found.length} entries: not the ${promised.acknowledged.length} acknowledged and whole groups`
}

/** Appends a group and notes when it is acknowledged; the order of answers is checked too. */
function append({ journal, fatal }: Opened, group: NewEntry[], promised: Promised): Promise<void> {
  promised.open.push(group)
  return journal.append(group).then(({ first }) => {
    // A process that was killed tells nobody any more.
    if (!promised.open.includes(group)) return
    expect(fatal).toEqual([])
    expect(promised.open.shift()).toBe(group)
    expect(first).toBe(promised.acknowledged.length)
    promised.acknowledged.push(...group)
    expect(journal.size).toBeGreaterThanOrEqual(promised.acknowledged.length)
  })
}

/**
 * A fixed run that goes through every durable step: first segment, several groups at once, rotation,
 * retention, close. Ends early where the journal fails.
 */
async function script(disk: Disk, promised: Promised): Promise<Opened | undefined> {
  const clock = testClock()
  let opened: Opened
  try {
    opened = await open({ fileSystem: disk, clock, segmentBytesMax })
  } catch {
    return undefined
  }
  let n = 0
  const next = (count: number): Promise<void> => {
    n += count
    return append(opened, testEntries(n - count, count), promised)
  }
  const steps = async (): Promise<void> => {
    await next(2)
    await Promise.all([next(1), next(3), next(1)])
    await next(6)
    clock.atMs += 1000
    await next(4)
    await opened.journal.dropBodies(clock.atMs).catch(() => 0)
    await next(2)
    await opened.journal.close()
  }
  await Promise.race([steps(), opened.failed])
  return opened
}

/** Takes the disk of an ended run through a restart, checks it and appends once more. */
async function restart(disk: Disk, promised: Promised): Promise<string | undefined> {
  const opened = await open({ fileSystem: disk, segmentBytesMax })
  const found = await allOf(opened.journal)
  const wrong = checkRestart(found, promised)
  if (wrong !== undefined) return wrong
  for (const [i, wanted] of promised.acknowledged.entries())
    if ((await opened.journal.read(i))?.kind !== wanted.kind) return `entry ${i} cannot be read`
  await append(opened, [testEntry(promised.acknowledged.length)], promised)
  await opened.journal.close()
  return difference(await allOf(opened.journal), promised.acknowledged)
}

/** What the next process may find: all of it; what was synced; all, or half, of the rest as well. */
function aftermaths(disk: Disk): Disk[] {
  const cuts = [() => 0, () => 1, (below: number) => below - 1]
  return [disk.restarted(), ...cuts.map((random) => disk.powerCut(random))]
}

describe('every durable step, failed, failed but done, and torn', async () => {
  const good = new Disk()
  const promised: Promised = { acknowledged: [], open: [] }
  await script(good, promised)
  const steps = good.log

  it('is part of the run that is repeated', () => {
    expect(promised.acknowledged).toHaveLength(19)
    for (const step of [
      'create',
      'write',
      'datasync',
      'syncFolder',
      'truncate',
      'rename',
      'remove',
    ])
      expect(steps).toContain(step)
  })

  const kinds: FaultKind[] = ['fail', 'done', 'torn']
  it.each(kinds)(
    'leaves everything acknowledged in place: %s',
    async (kind) => {
      for (let at = 1; at <= steps.length; at++) {
        const disk = new Disk()
        disk.fault = { at, kind, code: at % 2 ? 'EIO' : 'ENOSPC' }
        const promised: Promised = { acknowledged: [], open: [] }
        const opened = await script(disk, promised)
        const acknowledged = promised.acknowledged.length
        await turns()
        expect(promised.acknowledged).toHaveLength(acknowledged)
        for (const after of aftermaths(disk)) {
          const copy = { acknowledged: [...promised.acknowledged], open: [...promised.open] }
          const wrong = await restart(after, copy)
          if (wrong !== undefined) expect.fail(`step ${at} (${steps[at - 1]}) ${kind}: ${wrong}`)
        }
        const where = `step ${at} (${steps[at - 1]})`
        expect([where, opened?.fatal.length ?? 0]).toEqual([
          where,
          acknowledged === 19 || !opened ? 0 : 1,
        ])
      }
    },
    60_000,
  )

  it('leaves everything in place where the process ends or the power is cut before it', async () => {
    for (let at = 1; at <= steps.length; at++) {
      const disk = new Disk()
      const promised: Promised = { acknowledged: [], open: [] }
      const halted = new Promise<void>((resolve) => {
        disk.before = () => {
          if (disk.operations + 1 < at) return
          disk.halt()
          resolve()
        }
      })
      await Promise.race([script(disk, promised), halted])
      for (const after of aftermaths(disk)) {
        const copy = { acknowledged: [...promised.acknowledged], open: [...promised.open] }
        const wrong = await restart(after, copy)
        if (wrong !== undefined) expect.fail(`before step ${at} (${steps[at - 1]}): ${wrong}`)
      }
    }
  })
})

describe('a failed write or sync', () => {
  it.each(['write', 'datasync'] as const)(
    '%s: is reported once and ends the journal',
    async (step) => {
      const disk = new Disk()
      const { journal, fatal } = await open({ fileSystem: disk })
      await journal.append(testEntries(0, 3))
      const at = disk.operations + (step === 'write' ? 1 : 2)
      disk.fault = { at, kind: 'fail', code: 'ENOSPC' }
      let answered = 0
      const count = (): number => answered++
      void journal.append(testEntries(3, 1)).then(count)
      void journal.append(testEntries(4, 1)).then(count)
      await expect.poll(() => fatal.length).toBe(1)
      expect(disk.log.at(-1)).toBe(step)
      void journal.append(testEntries(5, 1)).then(count)
      void journal.append([]).then(count)
      await turns()
      expect(answered).toBe(0)
      expect(disk.operations).toBe(at)
      expect(journal.size).toBe(3)
      expect(difference(await allOf(journal), testEntries(0, 3))).toBeUndefined()
      expect(fatal[0]).toMatchObject({ name: 'Failure', code: 'data' })
      expect(fatal[0]?.message).toMatch(
        /cannot write the journal in \/data\/journal: ENOSPC.*Free space/,
      )
      await journal.close()
      await turns()
      expect([answered, fatal.length]).toEqual([0, 1])
    },
  )

  it('of retention is no end of the journal', async () => {
    const disk = new Disk()
    const clock = testClock()
    const { journal, fatal } = await open({ fileSystem: disk, clock, segmentBytesMax: 200 })
    await journal.append(testEntries(0, 4))
    await journal.append(testEntries(4, 4))
    clock.atMs += 10
    disk.fault = { at: disk.operations + 3, kind: 'fail', code: 'ENOSPC' }
    await rejection(journal.dropBodies(clock.atMs))
    await journal.append(testEntries(8, 1))
    expect(await journal.dropBodies(clock.atMs)).toBe(3 + 2)
    expect(difference(await allOf(journal), testEntries(0, 9))).toBeUndefined()
    expect(fatal).toEqual([])
  })
})

/** A random life of a journal: appends, retention, faults, kills and power cuts, several starts. */
async function life(random: Random): Promise<string | undefined> {
  let disk = new Disk()
  const promised: Promised = { acknowledged: [], open: [] }
  const clock = testClock()
  for (let start = 0; start < 5; start++) {
    const opened = await open({ fileSystem: disk, clock, segmentBytesMax: 300 + random(800) })
    const wrong = checkRestart(await allOf(opened.journal), promised)
    if (wrong !== undefined) return `start ${start}: ${wrong}`
    const kind = (['fail', 'done', 'torn'] as const)[random(3)]!
    if (random(2) === 0) disk.fault = { at: disk.operations + 1 + random(25), kind, code: 'EIO' }
    let n = promised.acknowledged.length
    for (let step = random(25); step > 0 && opened.fatal.length === 0; step--) {
      const count = random(7)
      const group = append(opened, testEntries(n, count), promised)
      n += count
      clock.atMs += random(50)
      const luck = random(6)
      if (luck === 0) void opened.journal.dropBodies(clock.atMs - random(100)).catch(() => 0)
      if (luck === 1) void allOf(opened.journal, random(n + 1))
      if (luck > 2) await Promise.race([group, opened.failed])
      else if (luck === 2) await turns(random(12))
    }
    if (random(3) === 0 && opened.fatal.length === 0) {
      await opened.journal.close()
    }
    disk.halt()
    disk = random(2) === 0 ? disk.restarted() : disk.powerCut(random)
  }
  return undefined
}

describe('any life of a journal', () => {
  it('keeps what was acknowledged, and of the rest whole groups in order', async () => {
    const seeds = fc.infiniteStream(fc.nat())
    await fc.assert(
      fc.asyncProperty(seeds, async (stream) => {
        const random: Random = (below) => stream.next().value % below
        expect(await life(random)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })
})
