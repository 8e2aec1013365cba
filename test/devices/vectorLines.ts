/** Puts the inputs of schemas/vectors/device.json through a board and compares what it makes. */
import { expect } from 'vitest'
import { fromB64u, fromHex, toB64u } from '../../gateway/core/bytes.js'
import { metricByName } from '../../gateway/core/metric.js'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { type DeviceVectors, deviceVectors } from '../support/deviceVectors.js'
import { until } from '../support/gateway.js'

/** One line for a board, and the message that it must make of it. */
interface Case {
  command: string
  message: string
  line?: string
}

function casesOf(vectors: DeviceVectors): Case[] {
  const { network, next } = vectors
  const { seed } = vectors.device
  const b64u = (hex: string): string => toB64u(fromHex(hex)!)
  const statement = ({ device, iat, seq }: DeviceVectors['rotation']): string =>
    `${network} ${device} ${iat} ${seq}`
  return [
    ...vectors.readings.map(({ seq, values, hex, line }) => {
      const words = values.map(({ metric, m, e, time }) => `${wireOf(metric)}:${m}:${e}:${time}`)
      const command = `rd ${seed} ${network} ${seq} ${words.join(' ')}`
      return { command, message: b64u(hex), ...(line === undefined ? {} : { line }) }
    }),
    ...vectors.enrolments.map((one) => {
      const texts = [one.nonce, one.model, one.firmware, one.version, one.owner, one.cell]
      const words = texts.map((text) => (text ? text : '-')).join(' ')
      const wires = one.metrics.map(wireOf).join(' ')
      return { command: `en ${seed} ${network} ${words} ${wires}`, message: b64u(one.hex) }
    }),
    ...vectors.tokens.map(({ exp, password }) => ({
      command: `co ${seed} ${network} ${exp}`,
      message: password,
    })),
    {
      command: `ro ${seed} ${next.seed} ${statement(vectors.rotation)}`,
      message: b64u(vectors.rotation.hex),
    },
    {
      command: `rv ${seed} ${statement(vectors.revocation)}`,
      message: b64u(vectors.revocation.hex),
    },
  ]
}

function wireOf(name: string): string {
  return metricByName(name)!.wire
}

/**
 * Sends every input to a board that runs the image `vectors`; each message must be the one in the
 * file, byte for byte, and so the line where there is one. Returns how many there were.
 */
export async function compareVectors(
  begin: (host: BoardHost) => Promise<EmulatedBoard> | EmulatedBoard,
): Promise<number> {
  const vectors = deviceVectors()
  let said = ''
  const board = await begin({
    sent: (bytes) => {
      said += Buffer.from(bytes).toString('latin1')
    },
    failed: (error) => {
      said += error.message
    },
  })
  const lines = (): string[] => said.split('\r\n').slice(0, -1)
  const options = { deadlineMs: 120_000, detail: () => said }
  await until('the board to start', () => lines().some((line) => line.includes('ready')), options)
  for (const { command, message, line } of casesOf(vectors)) {
    const before = lines().length
    board.write(Buffer.from(`${command}\n`))
    await until(`an answer to ${command}`, () => lines().length > before, options)
    const answer = lines().at(-1)!
    expect(/,([\w-]+)\*/.exec(answer)?.[1], command).toBe(message)
    expect(fromB64u(message)).toBeDefined()
    if (line !== undefined) expect(answer).toBe(line)
  }
  await board.stop()
  return casesOf(vectors).length
}
