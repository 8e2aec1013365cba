/**
 * Group commit. Appends that wait while a commit is on its way go together in the next one. On an
 * idle journal an append waits for nothing but the end of the current turn of the event loop. Under
 * load a commit lets more come for up to `commitSpacingMs` from the start of the one before, as long
 * as more does come, so that commits grow instead of following each other as fast as the disk
 * allows, each costing the same system calls and changes of thread.
 */
import { assert } from '../../core/failure.js'
import { commitBytesMax, commitDelayMsMax, commitMessagesMax } from '../../core/limits.js'
import type { NewEntry } from '../../ports/journal.js'
import { recordHeaderBytes } from './record.js'

/** Entries of one call of `append`; a commit takes it whole. */
export interface Group {
  entries: readonly NewEntry[]
  bytes: number
  settle(at: { first: number; atMs: number }): void
}

export interface CommitOptions {
  /** Makes the groups durable as one commit; rejects where it cannot, for ever. */
  commit(groups: readonly Group[], bytes: number): Promise<{ first: number; atMs: number }>
  /** Called once, with what `commit` rejected with. */
  fail(error: unknown): void
}

/** Commits of fewer entries follow each other at once: these are clients that wait for each answer. */
const spacedEntriesMin = 8
/** Under load, a quarter of what a person or a board may notice. */
const commitSpacingMs = commitDelayMsMax / 4
/** How often the number of waiting entries is looked at: as often as timers can. */
const pollMs = 1

export class GroupCommit {
  readonly #options: CommitOptions
  #waiting: Group[] = []
  #waitingEntries = 0
  #running: Promise<void> | undefined
  #failed = false
  #closed = false
  /** Ends the pause between two commits early. */
  #wake: (() => void) | undefined

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** Resolves when the entries are durable; never, once a commit has failed. */
  append(entries: readonly NewEntry[]): Promise<{ first: number; atMs: number }> {
    assert(!this.#closed, 'nothing is appended to a closed journal')
    let bytes = 0
    for (const entry of entries) bytes += recordHeaderBytes + entry.bytes.length
    assert(bytes <= commitBytesMax, 'the entries of one append fit in one commit')
    return new Promise((settle) => {
      this.#waiting.push({ entries, bytes, settle })
      this.#waitingEntries += entries.length
      if (this.#failed) return
      if (this.#running === undefined) this.#running = this.#run()
      else if (this.#waitingEntries >= commitMessagesMax) this.#wake?.()
    })
  }

  /** Commits what waits; afterwards nothing may be appended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      await endOfTurn()
      while (this.#waiting.length > 0) {
        const began = performance.now()
        const entries = await this.#commitOnce()
        if (entries >= spacedEntriesMin) await this.#gather(entries, began + commitSpacingMs)
      }
      this.#running = undefined
    } catch (error) {
      this.#failed = true
      this.#options.fail(error)
    }
  }

  async #commitOnce(): Promise<number> {
    const { groups, bytes, entries } = this.#take()
    const { first, atMs } = await this.#options.commit(groups, bytes)
    let index = first
    for (const group of groups) {
      group.settle({ first: index, atMs })
      index += group.entries.length
    }
    return entries
  }

  /** The oldest groups that fit in one commit. */
  #take(): { groups: Group[]; bytes: number; entries: number } {
    let bytes = 0
    let entries = 0
    let taken = 0
    for (const group of this.#waiting) {
      if (bytes + group.bytes > commitBytesMax) break
      bytes += group.bytes
      entries += group.entries.length
      taken++
    }
    const groups = this.#waiting.splice(0, taken)
    this.#waitingEntries -= entries
    return { groups, bytes, entries }
  }

  /**
   * Lets entries come, until a time, or as many wait as the last commit had: then everyone who waited
   * for it has sent again, or the load is steady. Ends early where nothing comes.
   */
  async #gather(last: number, until: number): Promise<void> {
    for (let seen = -1; this.#waitingEntries > seen && performance.now() < until; ) {
      if (this.#waitingEntries >= commitMessagesMax || this.#closed) return
      seen = this.#waitingEntries
      await this.#pause(pollMs)
      if (this.#waitingEntries >= last) return
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#wake = end
    })
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
