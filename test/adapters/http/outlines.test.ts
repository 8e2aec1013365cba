import { afterAll, beforeAll, expect, test } from 'vitest'
import { geography } from '../../../gateway/adapters/h3/geography.js'
import { type HttpFace, startHttp } from '../../../gateway/adapters/http/server.js'
import { systemClock } from '../../../gateway/adapters/system/clock.js'
import { queryCellsMax } from '../../../gateway/core/limits.js'
import type { CellShape } from '../../../gateway/ports/dashboard.js'
import {
  faceParts,
  noDashboard,
  noEpochs,
  testLog,
  testOperations,
} from '../../support/operations.js'

let face: HttpFace

beforeAll(async () => {
  face = await startHttp({
    ...faceParts(systemClock),
    dashboard: {
      ...noDashboard,
      outlines: async (cells) => cells.map((cell) => ({ cell, outline: geography.outline(cell) })),
    },
    operations: testOperations([]),
    log: testLog(),
    epochs: noEpochs,
    health: { ready: () => true, degraded: () => [] },
    clock: systemClock,
    token: 'token',
    webFolder: '.',
    report: (message) => expect.fail(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
  })
})

afterAll(() => face.close())

const hexagon = '87195da4affffff'
/** One of the twelve of its resolution. */
const pentagon = '870800000ffffff'

const get = (cells: string): Promise<Response> => fetch(`${face.url}/outlines?cells=${cells}`)

test('anybody gets the shapes of cells, and may keep them', async () => {
  const response = await get(`${hexagon},${pentagon}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('Cache-Control')).toContain('immutable')
  const shapes = (await response.json()) as CellShape[]
  expect(shapes.map(({ cell, outline }) => [cell, outline.length])).toEqual([
    [hexagon, 6],
    // Its edges cross those of the icosahedron, and have a corner there.
    [pentagon, 10],
  ])
  const [latitude, longitude] = shapes[0]!.outline[0]!
  expect(Math.abs(latitude)).toBeLessThanOrEqual(90)
  expect(Math.abs(longitude)).toBeLessThanOrEqual(180)
})

test('what names no cell, a cell that is too fine, none or too many are refused', async () => {
  const many = Array.from({ length: queryCellsMax + 1 }, () => hexagon).join()
  for (const cells of ['', 'abc', `${hexagon},`, '88195da4adfffff', '87195da4afffff7', many])
    expect((await get(cells)).status, cells.slice(0, 40)).toBe(400)
})
