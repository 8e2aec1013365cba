/** Cells as shapes, by h3-js. Loaded with the first map that is asked for. */
import { cellToBoundary, gridDisk, latLngToCell } from 'h3-js'
import type { Geography } from '../../ports/dashboard.js'

export const geography: Geography = {
  outline: (cell) => cellToBoundary(cell),
  cellAt: (latitude, longitude, resolution) => latLngToCell(latitude, longitude, resolution),
  around: (cell, rings) => gridDisk(cell, rings),
}
