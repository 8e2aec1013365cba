/** What a board must go through with a live gateway, whatever chip it is. */
import { expect } from 'vitest'
import type { DeviceView } from '../../gateway/ports/operations.js'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { startGateway, until } from '../support/gateway.js'
import { testCell, testNetwork, testOwner } from '../support/mqttDevice.js'
import { type Cable, plugIn } from './cable.js'
import { journalled } from './journalled.js'

/** Readings that must be acknowledged in all, and before the reset in the middle. */
export const readingsWanted = 200
const readingsBeforeReset = 80
const deadlineMs = 300_000

/** Enrols, sends under faults, is reset in the middle, is revoked; then its journal is read. */
export async function journey(
  begin: (host: BoardHost) => Promise<EmulatedBoard> | EmulatedBoard,
): Promise<string> {
  const cable = await plugIn(begin, { corruptOneIn: 11, loseAnswerOneIn: 9 })
  const gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_SERIAL__PORTS: JSON.stringify([cable.path]),
    },
  })
  const detail = (): string => [...cable.log, gateway.output()].join('\n')
  const reach = (what: string, ready: () => boolean): Promise<true> =>
    until(what, ready, { deadlineMs, detail })

  await reach('a proof of the key', () => cable.said('EN').length > 0)
  const device = cable.said('HI').at(-1)![1]!
  await until('the candidate to be listed', async () => {
    const devices = await gateway.api<DeviceView[]>('/api/devices')
    return devices.some((one) => one.device === device)
  })
  await gateway.api(`/api/devices/${device}/approve`, { owner: testOwner, cell: testCell })

  await reach('readings', () => cable.acknowledged.size >= readingsBeforeReset)
  cable.board.restart()
  await reach('the second boot', () => cable.said('HI').at(-1)![4] === '2')
  await reach(`${readingsWanted} readings`, () => cable.acknowledged.size >= readingsWanted)

  await gateway.api(`/api/devices/${device}/state`, { state: 'revoked' })
  await reach('a refusal', () => cable.refused.has('revoked'))
  await reach('the board to say so', () => cable.log.some((line) => /refused: revoked/.test(line)))
  await cable.unplug()
  expect(await gateway.stop()).toBe(0)
  expectOnce(await journalled(gateway.dataDir), cable)
  expectMended(cable)
  return summary(cable)
}

/** Everything acknowledged is there once, as it was signed, and nothing else; over two boots. */
export function expectOnce(entries: readonly [number, Uint8Array][], cable: Cable): void {
  const seqs = entries.map(([seq]) => seq)
  expect(new Set(seqs).size).toBe(seqs.length)
  for (const [seq, bytes] of entries) expect(bytes).toEqual(cable.readings.get(seq))
  for (const seq of cable.acknowledged) expect(seqs).toContain(seq)
  // Boot count and a number: those of the second boot are above all of the first.
  const sent = [...cable.readings.keys()]
  expect(sent).toEqual(sent.toSorted((a, b) => a - b))
  expect(new Set(sent.map((seq) => Math.floor(seq / 2 ** 32)))).toEqual(new Set([1, 2]))
}

function expectMended(cable: Cable): void {
  expect(cable.acknowledged.size).toBeGreaterThanOrEqual(readingsWanted)
  // The faults took place, and were mended.
  expect(cable.counts.corrupted).toBeGreaterThan(10)
  expect(cable.counts.lost).toBeGreaterThan(10)
  expect(cable.counts.resent).toBeGreaterThanOrEqual(cable.counts.corrupted)
  expect(cable.refused.get('crc')).toBeGreaterThan(10)
}

function summary({ readings, acknowledged, counts }: Cable): string {
  const { resent, corrupted, lost } = counts
  return (
    `${readings.size} signed, ${acknowledged.size} acknowledged, ${resent} sent again, ` +
    `${corrupted} lines damaged, ${lost} answers lost`
  )
}
