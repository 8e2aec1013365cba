/** Where nothing was measured, a line must not claim that something was. */

/**
 * Times and values with a point without a value in each gap that is longer than `mostSec`, so that
 * a line breaks there.
 */
export function withGaps<T extends { time: number }>(
  points: readonly T[],
  mostSec: number,
): { time: number; point: T | undefined }[] {
  return points.flatMap((point, i) => {
    const here = { time: point.time, point }
    const before = points[i - 1]
    if (before === undefined || point.time - before.time <= mostSec) return [here]
    return [{ time: before.time + Math.ceil(mostSec / 2), point: undefined }, here]
  })
}
