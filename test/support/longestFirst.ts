import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take a minute or more: begun first, so that the end of the run does not wait for one of them. */
const long = ['/crash/', '/devices/mega', '/e2e/badInputs', '/e2e/replay', '/devices/rp2040']

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = long.findIndex((part) => moduleId.includes(part))
  return place < 0 ? long.length : place
}
