import { cellToParent, getRes0Cells, latLngToCell } from 'h3-js'
import { expect, it } from 'vitest'
import { cellParent } from '../../../gateway/core/device/cell.js'
import { seededRandom } from '../../support/random.js'

it('finds the parents that h3-js finds', () => {
  const seed = Date.now() % 2 ** 31
  const random = seededRandom(seed)
  for (let i = 0; i < 500; i++) {
    const [lat, lng] = [random.below(180_000) / 1_000 - 90, random.below(360_000) / 1_000 - 180]
    const cell = latLngToCell(lat, lng, random.below(16))
    const parent = latLngToCell(lat, lng, 0)
    expect([seed, cell, cellParent(cell, 0)]).toEqual([seed, cell, cellToParent(cell, 0)])
    if (!/^8[5-9a-f]/.test(cell)) expect(cellParent(cell, 5)).toBe(cell)
    else expect([seed, cell, cellParent(cell, 5)]).toEqual([seed, cell, cellToParent(cell, 5)])
    expect(cellParent(parent, 5)).toBe(parent)
  }
  for (const cell of getRes0Cells()) expect(cellParent(cell, 0)).toBe(cell)
  expect(() => cellParent('x', 5)).toThrow('a cell is an H3 index')
})
