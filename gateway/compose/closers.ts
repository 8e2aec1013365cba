/** What has been opened, to be closed in the reverse order, at the end or where a start fails. */
export class Closers {
  readonly #open: (() => Promise<void>)[] = []

  push(close: () => Promise<void>): void {
    this.#open.push(close)
  }

  /** Closes everything, newest first; goes on where one fails and rejects with the first failure. */
  async close(): Promise<void> {
    let first: unknown
    for (const close of this.#open.splice(0).reverse()) {
      await close().catch((error: unknown) => {
        first ??= error
      })
    }
    if (first !== undefined) throw first
  }
}
