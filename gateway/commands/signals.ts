/** Ctrl-C and SIGTERM. */

/**
 * A terminal signals every process in it, and a wrapper (a package manager, `timeout`) passes the
 * signal on: what comes twice within this time was meant once.
 */
const onceMs = 500

/** Resolves with the signal's name when the process is asked to end; a second one ends it at once. */
export function untilAsked(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const asked = (signal: NodeJS.Signals): void => {
      resolve(signal)
      setTimeout(() => {
        process.off('SIGINT', asked)
        process.off('SIGTERM', asked)
      }, onceMs).unref()
    }
    process.on('SIGINT', asked)
    process.on('SIGTERM', asked)
  })
}
