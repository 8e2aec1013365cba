/**
 * `npm run fuzz -- [--seconds 30] [--seed N] [--target NAME]`: changes good and hostile inputs of
 * every parser and watches that none throws or breaks a promise. Prints the seed first and a table
 * last; exits 1 at a crash, with the input in hex.
 */
import { parseArgs } from 'node:util'
import { toHex } from '../../gateway/core/bytes.js'
import { seededRandom } from '../support/random.js'
import { type Crash, fuzz, type Tally } from './fuzz.js'
import { targets } from './targets.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
  },
})

function main(): number {
  const seconds = Number(values.seconds)
  const seed = Number(values.seed)
  const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target)
  if (!(seconds > 0) || !Number.isInteger(seed) || chosen.length === 0) {
    console.error('usage: npm run fuzz -- [--seconds 30] [--seed N] [--target NAME]')
    console.error(`targets: ${targets.map(({ name }) => name).join(' ')}`)
    return 2
  }
  console.log(`seed ${seed}, ${seconds} s, ${chosen.length} targets`)
  const tallies: Tally[] = []
  const crashes: Crash[] = []
  for (const target of chosen) {
    const end = performance.now() + (seconds * 1_000) / chosen.length
    const random = seededRandom(seed)
    const { tally, crash } = fuzz(target, { random, isOver: () => performance.now() >= end })
    tallies.push(tally)
    if (crash) crashes.push(crash)
  }
  console.log(table(tallies))
  for (const { target, input, error } of crashes)
    console.error(`\ncrash in ${target} (seed ${seed})\ninput ${toHex(input)}\n${describe(error)}`)
  return crashes.length > 0 ? 1 : 0
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function table(tallies: readonly Tally[]): string {
  const cells = tallies.map(({ target, runs, accepted, refused, fates }) =>
    row(target, [runs, accepted, refused, fates].map(String)),
  )
  return [row('target', ['runs', 'accepted', 'refused', 'fates']), ...cells].join('\n')
}

function row(name: string, columns: readonly string[]): string {
  return name.padEnd(12) + columns.map((column) => column.padStart(10)).join('')
}

process.exitCode = main()
