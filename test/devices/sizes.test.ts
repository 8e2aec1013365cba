import { describe, expect, it } from 'vitest'
import { boardSizes, kiloBytes, measuredBoards, rowInReadme } from '../support/boardSizes.js'

describe('the table in devices/README.md', () => {
  it.each(measuredBoards)('has the flash and RAM of $board', async ({ board }) => {
    const { flash, ram } = await boardSizes(board)
    const row = rowInReadme(board)
    const told = 'old: npm run bench:boards writes it anew, with the compiler of Debian 12'
    expect([row[4], row[5]], told).toEqual([kiloBytes(flash), kiloBytes(ram)])
  })
})
