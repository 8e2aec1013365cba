/** How far a reader of the journal is, and who waits for it to get somewhere. */
export interface Progress {
  readonly cursor: number
  /** Sets the cursor, which may also go back, and returns it. */
  reach(cursor: number): number
  /** Resolves once the cursor is at `cursor` or beyond. */
  at(cursor: number): Promise<void>
}

export function createProgress(): Progress {
  let current = 0
  let waiting: { cursor: number; resolve: () => void }[] = []
  return {
    get cursor() {
      return current
    },
    reach(cursor) {
      current = cursor
      const reached = waiting.filter((one) => one.cursor <= cursor)
      waiting = waiting.filter((one) => one.cursor > cursor)
      for (const one of reached) one.resolve()
      return cursor
    },
    at(cursor) {
      if (current >= cursor) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ cursor, resolve }))
    },
  }
}
