/**
 * `npm run bench:boards`: measures the firmware on each emulated board and writes the table into
 * devices/README.md. Flash and RAM come from the image, the stack from a board that enrols, gets the
 * time and sends readings to a live gateway, times from the cycles of the emulated chips.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { startRp2040 } from '../../simulator/board/rp2040Board.js'
import { startChip } from '../../simulator/board/rp2040Chip.js'
import { chipClockHz, megaClockHz } from '../../simulator/limits.js'
import { type Cable, plugIn } from '../devices/cable.js'
import { boardSizes, boardsReadme, kiloBytes, measuredBoards } from '../support/boardSizes.js'
import { startGateway, until } from '../support/gateway.js'
import { builtImage } from '../support/image.js'
import { testCell, testNetwork, testOwner } from '../support/mqttDevice.js'
import { startQemu } from '../support/qemu.js'
import { builtSketch, megaSketch } from '../support/sketch.js'
import { MeasuredMega } from './measuredMega.js'

type BoardName = (typeof measuredBoards)[number]['board']

const begin = '<!-- boards: npm run bench:boards -->'
const end = '<!-- /boards -->'

/** What a board's row ends with: stack, a reading, boot test. */
type Measured = readonly [string, string, string]

async function started(board: BoardName, host: BoardHost): Promise<EmulatedBoard> {
  const defines = { FIRMWARE_PERIOD_MS: 100, FIRMWARE_READINGS: 5 }
  const { elf, flash } = await builtImage(board, 'firmware', defines)
  return board === 'rp2040'
    ? startRp2040(readFileSync(flash), host)
    : startQemu({ program: 'qemu-system-arm', machine: board, elf }, host)
}

/** Enrols a board and waits until it has done what is measured; `done` looks at its cable. */
async function measured<T>(
  begin: Parameters<typeof plugIn>[0],
  done: (cable: Cable) => T | undefined | false,
): Promise<T> {
  const cable = await plugIn(begin)
  const gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_SERIAL__PORTS: JSON.stringify([cable.path]),
    },
  })
  const device = await until('a candidate', async () => {
    const devices = await gateway.api<{ device: string }[]>('/api/devices')
    return devices[0]?.device
  })
  const place = { owner: testOwner, cell: testCell, intervalSec: 1 }
  await gateway.api(`/api/devices/${device}/approve`, place)
  const result = await until('the readings', () => done(cable), { deadlineMs: 120_000 })
  await cable.unplug()
  await gateway.stop()
  return result
}

/** Bytes of stack after enrolment, time, configuration and five readings. */
async function stackOf(board: BoardName): Promise<number> {
  const used = await measured(
    (host) => started(board, host),
    ({ log }) => log.map((line) => /bytes of stack used: (\d+)/.exec(line)?.[1]).find(Boolean),
  )
  return Number(used)
}

async function measuredMega(ram: number): Promise<Measured> {
  const { flash } = await builtSketch(megaSketch)
  let mega: MeasuredMega | undefined
  await measured(
    (host) => {
      mega = new MeasuredMega(readFileSync(flash), host)
      return mega
    },
    ({ acknowledged }) => acknowledged.size >= 5,
  )
  const { stackBytes, readingCycles, bootCycles } = mega!.results(ram)
  const seconds = (cycles: number): string => `${(cycles / megaClockHz).toFixed(1)} s`
  return [kiloBytes(stackBytes), seconds(readingCycles), seconds(bootCycles)]
}

/** Milliseconds from one mark of the image `signing` to the next one, by the first of them. */
async function timesOf(): Promise<Map<number, number>> {
  const { flash } = await builtImage('rp2040', 'signing')
  const times = new Map<number, number>()
  let last = { code: 0, cycles: 0 }
  const chip = startChip(readFileSync(flash), {
    sent: () => {},
    randomBit: () => 0,
    mark: (code, cycles) => {
      times.set(last.code, ((cycles - last.cycles) / chipClockHz) * 1000)
      last = { code, cycles }
    },
  })
  chip.run(60e9, () => last.code === 7)
  return times
}

async function table(): Promise<string> {
  const times = await timesOf()
  const ms = (from: number): string => `${times.get(from)!.toFixed(0)} ms`
  const rows = []
  const measuredArm = async (board: BoardName): Promise<Measured> => {
    const stack = kiloBytes(await stackOf(board))
    return board === 'rp2040' ? [stack, ms(5), ms(3)] : [stack, 'not measured', 'not measured']
  }
  for (const { board, chip, emulator } of measuredBoards) {
    const { flash, ram } = await boardSizes(board)
    const rest = await (board === 'mega2560' ? measuredMega(ram) : measuredArm(board))
    rows.push([board, chip, emulator, kiloBytes(flash), kiloBytes(ram), ...rest])
  }
  const head = ['board', 'chip', 'run in', 'flash', 'RAM', 'stack', 'a reading', 'boot test']
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const text = readFileSync(boardsReadme, 'utf8')
const [before, rest] = text.split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined) throw new Error(`no ${begin} in ${boardsReadme}`)
const fresh = await table()
writeFileSync(boardsReadme, `${before}${begin}\n${fresh}\n${end}${after}`)
console.log(fresh)
