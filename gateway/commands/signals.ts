/** Ctrl-C and SIGTERM. */

/** Resolves with the signal's name when the process is asked to end; a second one ends it at once. */
export function untilAsked(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const asked = (signal: NodeJS.Signals): void => {
      process.off('SIGINT', asked)
      process.off('SIGTERM', asked)
      resolve(signal)
    }
    process.on('SIGINT', asked)
    process.on('SIGTERM', asked)
  })
}
