import type { Journal } from '../ports/journal.js'

/** First entry in [from, end) that was journalled at `atMs` or later; `end` for none. Times never fall. */
export async function firstSince(
  journal: Pick<Journal, 'read'>,
  atMs: number,
  end: number,
  from = 0,
): Promise<number> {
  let [low, high] = [from, end]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const entry = await journal.read(middle)
    if (entry !== undefined && entry.atMs >= atMs) high = middle
    else low = middle + 1
  }
  return low
}
