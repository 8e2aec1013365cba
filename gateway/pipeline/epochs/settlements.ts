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
      let [low, high] = [1, count() + 1]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((await store.loadRecord(middle))!.endIndex > index) high = middle
        else low = middle + 1
      }
      return isClosed(low) ? store.loadRecord(low) : undefined
    },
  }
}
