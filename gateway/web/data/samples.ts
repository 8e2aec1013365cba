/** The last values of many series, for sparklines. */
export interface Samples {
  of(name: string): readonly number[]
  add(name: string, value: number): void
  /** History stands before what arrived live. */
  prepend(name: string, values: readonly number[]): void
  clear(): void
}

export function samplesOf(max: number): Samples {
  const kept = new Map<string, number[]>()
  return {
    of: (name) => kept.get(name) ?? [],
    add(name, value) {
      const values = kept.get(name) ?? []
      values.push(value)
      if (values.length > max) values.shift()
      kept.set(name, values)
    },
    prepend(name, values) {
      kept.set(name, [...values, ...(kept.get(name) ?? [])].slice(-max))
    },
    clear: () => kept.clear(),
  }
}
