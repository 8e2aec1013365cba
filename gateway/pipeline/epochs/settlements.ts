import type { SettlementStore, Settlements } from '../../ports/settlements.js'

/** The closed epochs for everybody else; `count`: those whose record is in the log. */
export function settlementsOf(store: SettlementStore, count: () => number): Settlements {
  const isClosed = (n: number): boolean => n <= count()
  return {
    get count() {
      return count()
    },
    read: async (n) => (isClosed(n) ? store.load(n) : undefined),
    record: async (n) => (isClosed(n) ? store.loadRecord(n) : undefined),
    async owning(index) {
      // Lost epochs own nothing here: they are left out of the numbers that are looked through.
      const { from, to } = store.lost ?? { from: 1, to: 0 }
      const numberAt = (place: number): number => (place < from ? place : place + to - from + 1)
      const end = count() - (to - from)
      let [low, high] = [1, end]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((await store.loadRecord(numberAt(middle)))!.endIndex > index) high = middle
        else low = middle + 1
      }
      return low < end ? store.loadRecord(numberAt(low)) : undefined
    },
  }
}
