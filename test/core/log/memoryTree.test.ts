import { expect, it } from 'vitest'
import { utf8 } from '../../../gateway/core/bytes.js'
import { pathInLeaves, rootOfLeaves } from '../../../gateway/core/log/memoryTree.js'
import { verifyInclusion } from '../../../gateway/core/log/tree.js'
import { naiveLeaf, naivePath, naiveRoot } from '../../../schemas/vectors/log.js'

it('has the roots and paths of RFC 9162 for every leaf of small trees', () => {
  const leaves = Array.from({ length: 21 }, (_, i) => naiveLeaf(utf8(String(i))))
  for (let size = 0; size <= leaves.length; size++) {
    const some = leaves.slice(0, size)
    const root = rootOfLeaves(some)
    expect(root).toEqual(naiveRoot(some))
    for (const [i, leaf] of some.entries()) {
      const path = pathInLeaves(i, some)
      expect(path).toEqual(naivePath(i, some))
      expect(verifyInclusion(leaf, i, size, path, root)).toBe(true)
    }
  }
  expect(() => pathInLeaves(21, leaves)).toThrow('the leaf is there')
})
