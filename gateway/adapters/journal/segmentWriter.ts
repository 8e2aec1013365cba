/** Writes commits to the newest segment and begins new ones: one write and one fdatasync a commit. */
import { assert } from '../../core/failure.js'
import type { Clock } from '../../ports/clock.js'
import type { Group } from './commit.js'
import type { File, FileSystem } from './fileSystem.js'
import { segmentHeaderBytes, writeRecord, writeSegmentHeader } from './record.js'
import { segmentPath } from './recovery.js'
import { markEvery, type Places, type Segment } from './segment.js'

export interface WriterOptions {
  folder: string
  fileSystem: FileSystem
  clock: Clock
  /** Shared with readers: changed only once what it says is durable. */
  segments: Segment[]
  active: File | undefined
  segmentBytesMax: number
  segmentMsMax: number
  commitBytesMax: number
}

/** A segment that is being written: its places are known. */
type ActiveSegment = Segment & { places: Places }

export class SegmentWriter {
  readonly #options: WriterOptions
  /** Reused by every commit: one is on its way at a time. */
  readonly #buffer: Buffer
  #file: File | undefined
  #size: number
  #lastAtMs: number

  constructor(options: WriterOptions) {
    const newest = options.segments.at(-1)
    this.#options = options
    this.#buffer = Buffer.allocUnsafe(segmentHeaderBytes + options.commitBytesMax)
    this.#file = options.active
    this.#size = newest === undefined ? 0 : newest.first + newest.count
    this.#lastAtMs = newest?.places?.lastAtMs ?? 0
  }

  /** Durable entries. */
  get size(): number {
    return this.#size
  }

  /** Makes the groups durable; `bytes` is what their records take. */
  async commit(groups: readonly Group[], bytes: number): Promise<{ first: number; atMs: number }> {
    const first = this.#size
    const atMs = Math.max(this.#lastAtMs, this.#options.clock.now())
    if (bytes === 0) return { first, atMs }
    const active = this.#fitting(bytes, atMs)
    if (active === undefined) await this.#begin(groups, first, atMs)
    else await this.#extend(active, groups, atMs)
    this.#lastAtMs = atMs
    return { first, atMs }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  /** The newest segment, unless it is full or a day old: retention works on whole segments. */
  #fitting(bytes: number, atMs: number): ActiveSegment | undefined {
    const { segments, segmentBytesMax, segmentMsMax } = this.#options
    const newest = segments.at(-1)
    if (newest?.places === undefined || newest.stubs || this.#file === undefined) return undefined
    if (newest.bytes + bytes > segmentBytesMax) return undefined
    if (atMs - newest.places.firstAtMs >= segmentMsMax) return undefined
    return newest as ActiveSegment
  }

  async #extend(segment: ActiveSegment, groups: readonly Group[], atMs: number): Promise<void> {
    const file = this.#file
    assert(file !== undefined, 'the newest segment is open')
    const marks: number[] = []
    const length = this.#encode(groups, atMs, 0, segment.first, segment.bytes, marks)
    await file.write(this.#buffer, 0, length, segment.bytes)
    await file.datasync()
    const count = entriesOf(groups)
    segment.places.marks.push(...marks)
    segment.places.lastAtMs = atMs
    segment.bytes += length
    segment.count += count
    this.#size += count
  }

  /** Header and first commit are written together; the segment exists once its name is durable. */
  async #begin(groups: readonly Group[], first: number, atMs: number): Promise<void> {
    const { fileSystem, folder, segments } = this.#options
    await this.close()
    const path = segmentPath(folder, first, 'seg')
    const file = await fileSystem.open(path, 'create')
    this.#file = file
    const marks: number[] = []
    const start = writeSegmentHeader(this.#buffer, 0, first)
    const bytes = this.#encode(groups, atMs, start, first, 0, marks)
    await file.write(this.#buffer, 0, bytes, 0)
    await file.datasync()
    await fileSystem.syncFolder(folder)
    const count = entriesOf(groups)
    const places = { marks, firstAtMs: atMs, lastAtMs: atMs }
    segments.push({ path, first, count, bytes, stubs: false, places })
    this.#size += count
  }

  /** Records of one commit from `at` in the buffer; returns where they end. */
  #encode(
    groups: readonly Group[],
    atMs: number,
    at: number,
    segmentFirst: number,
    offset: number,
    marks: number[],
  ): number {
    const commit = this.#size
    const lastIndex = commit + entriesOf(groups) - 1
    let index = commit
    let end = at
    for (const group of groups) {
      for (const { kind, bytes: body } of group.entries) {
        if ((index - segmentFirst) % markEvery === 0) marks.push(offset + end)
        const last = index === lastIndex
        end = writeRecord(this.#buffer, end, {
          kind,
          index,
          commit,
          atMs,
          last,
          dropped: false,
          body,
        })
        index++
      }
    }
    return end
  }
}

function entriesOf(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.entries.length, 0)
}
