/** An end for calls that have none of their own. */
export interface Deadline {
  /** The result of `work`, or a rejection when it takes too long or everything is closed. */
  bound<T>(work: () => Promise<T>): Promise<T>
  /** Rejects what is under way, and all that comes. */
  close(): void
}

export function createDeadline(callMsMax: number): Deadline {
  const closing = new AbortController()
  return {
    bound: (work) =>
      new Promise((resolve, reject) => {
        const end = (why: string): void => {
          settle()
          reject(new Error(why))
        }
        const timer = setTimeout(() => end(`no answer within ${callMsMax} ms`), callMsMax)
        const onClose = (): void => end('the gateway is stopping')
        const settle = (): void => {
          clearTimeout(timer)
          closing.signal.removeEventListener('abort', onClose)
        }
        closing.signal.addEventListener('abort', onClose)
        if (closing.signal.aborted) onClose()
        else work().then(resolve, reject).finally(settle)
      }),
    close: () => closing.abort(),
  }
}
