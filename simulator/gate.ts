/** Lets so many in at once; the others wait their turn. */
export interface Gate {
  /** Resolves with the function that gives the place back (once; more is nothing). */
  enter(): Promise<() => void>
}

export function openGate(places: number): Gate {
  const waiting: (() => void)[] = []
  let free = places
  const leave = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return {
    async enter() {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let isIn = true
      return () => {
        if (isIn) leave()
        isIn = false
      }
    },
  }
}
