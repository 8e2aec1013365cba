import { expect, test } from 'vitest'
import { reasonTable } from '../../gateway/core/reasons.gen.js'
import { checklist, isCounted } from '../../gateway/web/data/checklist.js'
import { troublesOf } from '../../gateway/web/data/troubles.js'
import { count, quantity, tokens } from '../../gateway/web/format.js'
import { withGaps } from '../../gateway/web/gaps.js'
import { number } from '../../gateway/web/proofWords.js'
import { meaningOf } from '../../gateway/web/refusalWords.js'
import { deviceView } from '../support/operations.js'

const nowMs = 1_762_000_000_000
const nowSec = nowMs / 1_000
const latest = [{ metric: 'temperature', time: nowSec - 5, value: 21, unit: 'Cel' }]
const well = deviceView('nbuo57lhddeib', {
  owner: '0x52908400098527886E0F7030069857D2E4169EE7',
  cell: '87195da49ffffff',
  intervalSec: 60,
  lastAtMs: nowMs - 5_000,
  latest,
})

test('a device that lacks nothing counts, in the open epoch', () => {
  const items = checklist(well, nowMs, 7)
  expect(items.map(({ state }) => state)).toEqual(items.map(() => 'yes'))
  expect(items.at(-1)?.text).toBe('yes, in epoch 7')
})

test.each([
  [{ state: 'pending' as const }, 'no: it waits for approval'],
  [{ state: 'suspended' as const }, 'no: it is suspended'],
  [{ state: 'revoked' as const }, 'no: it is revoked'],
  [{ lastAtMs: nowMs - 181_000 }, 'no: no reading comes'],
  [{ owner: `0x${'0'.repeat(40)}` }, 'no: it has no owner'],
  [{ latest: [{ ...latest[0]!, time: nowSec - 700 }] }, 'no: its clock is wrong'],
])('what stands in the way is said: %o', (change, text) => {
  expect(isCounted({ ...well, ...change }, nowMs)).toMatchObject({ state: 'no', text })
})

test('a store that is away makes no clock wrong', () => {
  expect(isCounted({ ...well, latest: [] }, nowMs).state).toBe('yes')
})

const port = { port: '/dev/ttyUSB0', opened: 1 }

test.each([
  ['denied', 'No permission for /dev/ttyUSB0', 'dialout'],
  ['busy', '/dev/ttyUSB0 is in use by another program', 'fuser -v /dev/ttyUSB0'],
  ['noise', '/dev/ttyUSB0 sends garbage', '115200'],
  ['silent', 'Nothing comes from /dev/ttyUSB0', 'reset button'],
  ['missing', '/dev/ttyUSB0 is not there', 'Plug the board in'],
  ['failed', '/dev/ttyUSB0 cannot be opened', 'Unplug'],
])('a port that is %s is explained with its remedy', (state, title, remedy) => {
  const [trouble, ...more] = troublesOf([{ ...port, state, error: 'seen' }], [])
  expect(more).toEqual([])
  expect(trouble?.title).toBe(title)
  expect(trouble?.remedy.join(' ')).toContain(remedy)
})

test('a board that starts again and again, and one with a wrong clock, are explained', () => {
  const online = { ...port, state: 'online', device: well.device }
  expect(troublesOf([online], [well])).toEqual([])
  const [resets] = troublesOf([{ ...online, opened: 5 }], [])
  expect(resets?.title).toContain('keeps starting again')
  const { lastAtMs: _, ...silent } = well
  const [clock] = troublesOf([], [{ ...silent, refused: { 'bad-time': 3 } }])
  expect(clock?.title).toContain('The clock of')
  expect(clock?.remedy.join(' ')).toContain('NTP')
})

test('amounts are shown as tokens, and what is too small is not called nothing', () => {
  expect(tokens('0')).toBe('0')
  expect(tokens('1')).toBe('< 0.0001')
  expect(tokens('1500000000000000000')).toBe('1.5')
  expect(tokens('1234567890000000000000')).toBe('1,234.5678')
})

test('values have the decimals of their metric, always', () => {
  expect([9, 3.7, -0.04].map((value) => quantity(value, 'Cel'))).toEqual([
    '9.0\u00a0°C',
    '3.7\u00a0°C',
    '0.0\u00a0°C',
  ])
  expect(quantity(101_300, 'Pa')).toBe('1013.00\u00a0hPa')
  expect(quantity(812, 'ppm')).toBe('812\u00a0ppm')
  expect(quantity(1.25, 'furlong')).toBe('1.25\u00a0furlong')
})

test('thousands are written one way, in long amounts too', () => {
  expect(number(2_823)).toBe(count(2_823))
  expect(number(1_764_562_812_345)).toBe('1,764,562,812,345')
})

test('a line breaks where nothing was measured, and nowhere else', () => {
  const points = [0, 60, 120, 400, 460].map((time) => ({ time }))
  const drawn = withGaps(points, 120).map(({ time, point }) => [time, point?.time])
  expect(drawn).toEqual([
    [0, 0],
    [60, 60],
    [120, 120],
    [180, undefined],
    [400, 400],
    [460, 460],
  ])
  expect(withGaps([], 60)).toEqual([])
})

test('every reason of the protocol has its words', () => {
  expect(reasonTable.filter(({ code }) => meaningOf(code) === '')).toEqual([])
})
