/** Pauses that end early when there is something to do, or for good. */
export interface Sleeper {
  readonly stopped: boolean
  /** Waits `ms`, or until stopped. */
  sleep(ms: number): Promise<void>
  /** Waits until woken or stopped; at once where it was woken since the last time. */
  untilWoken(): Promise<void>
  /** Lets everything else that is ready run first, then waits `ms` more. */
  yield(ms: number): Promise<void>
  wake(): void
  stop(): void
}

export function createSleeper(): Sleeper {
  let stopped = false
  let woken = false
  let endSleep: (() => void) | undefined
  let endWait: (() => void) | undefined

  function sleep(ms: number): Promise<void> {
    if (stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(end, ms)
      function end(): void {
        clearTimeout(timer)
        endSleep = undefined
        resolve()
      }
      endSleep = end
    })
  }

  return {
    get stopped() {
      return stopped
    },
    sleep,
    untilWoken() {
      if (stopped || woken) {
        woken = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        endWait = resolve
      })
    },
    yield(ms) {
      if (ms > 0) return sleep(ms)
      return new Promise((resolve) => setImmediate(resolve))
    },
    wake() {
      woken = endWait === undefined
      endWait?.()
      endWait = undefined
    },
    stop() {
      stopped = true
      endSleep?.()
      endWait?.()
    },
  }
}
