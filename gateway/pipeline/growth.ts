/**
 * Tells the readers of the log that it has grown: once per turn of the loop, however many commits
 * ended in it, and after everybody who waited for them has taken note.
 */
export function growth(): { notify(): void; start(told: () => void): void } {
  let readers: (() => void) | undefined
  let scheduled = false
  function notify(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      readers?.()
    })
  }
  return {
    notify,
    /** What was missed before is told at once. */
    start(told) {
      readers = told
      notify()
    },
  }
}
