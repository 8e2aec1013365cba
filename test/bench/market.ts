/**
 * Does the market slow ingest down? Devices send, once alone and once while buyers listen to live rows
 * and ask for rows with their range proofs: at a pace of four messages a second each, which is a third
 * of what two cores can take, and as fast as they are acknowledged. Goal: ingest keeps 90 % of its rate.
 */
import { join } from 'node:path'
import { type MarketRun, runMarket } from './marketRun.js'
import { makeMarketSite } from './marketSite.js'
import type { Options } from './options.js'
import { median, medianOf } from './results.js'
import { printTable } from './table.js'

/** Between two messages of a device at the pace, ms. */
const paceMs = 250
/** Runs are longer than those of the ingest's tables, so that there are some hundred answers in each. */
const messagesFactor = 3
/** The least part of its rate that ingest keeps beside buyers. */
const keptMin = 0.9

interface Pairs {
  name: string
  everyMs?: number
  alone: MarketRun[]
  beside: MarketRun[]
}

/** Measures and prints; resolves with whether the goal was reached and nothing was refused. */
export async function benchMarket(
  folder: string,
  options: Options,
  progress: (text: string) => void,
): Promise<boolean> {
  const { rounds, messages, market } = options
  progress('the market: enrolling devices, adding buyers')
  const site = await makeMarketSite(folder, messages * messagesFactor, market)
  const parts: Pairs[] = [
    { name: 'at a pace', everyMs: paceMs, alone: [], beside: [] },
    { name: 'as fast as it goes', alone: [], beside: [] },
  ]
  for (let round = 1; round <= rounds; round++)
    for (const { name, everyMs, alone, beside } of parts)
      for (const withBuyers of [false, true]) {
        const who = withBuyers ? `${market.buyers} buyers` : 'no buyers'
        progress(`round ${round} of ${rounds}: devices ${name}, ${who}`)
        const run = await runMarket({
          site,
          dataDir: join(folder, 'run'),
          withBuyers,
          ...(everyMs !== undefined && { everyMs }),
          ...(options.profile !== undefined && withBuyers && { profiles: options.profile }),
        })
        ;(withBuyers ? beside : alone).push(run)
      }
  progress('')
  const { devices, buyers, queries } = market
  console.log(`${devices} devices beside ${buyers} buyers, ${queries} queries/s with their proofs`)
  printIngest(parts)
  printAnswers(parts)
  return printGoals(parts)
}

function printIngest(parts: readonly Pairs[]): void {
  const rows = parts.flatMap(({ name, alone, beside }) =>
    [
      { who: 'alone', runs: alone },
      { who: 'beside buyers', runs: beside },
    ].map(({ who, runs }) => {
      const of = (key: 'messagesPerSec' | 'cpuUs' | 'mainUs' | 'puback50' | 'puback99'): string => {
        const value = medianOf(runs, (run) => run[key])
        return Number.isNaN(value) ? '' : value.toFixed(key === 'messagesPerSec' ? 0 : 1)
      }
      const numbers = [of('messagesPerSec'), of('cpuUs'), of('mainUs')]
      return [`devices ${name}, ${who}`, ...numbers, of('puback50'), of('puback99')]
    }),
  )
  const head = ['messages/s', 'CPU us/message', 'main us', 'PUBACK median ms', '99 %']
  printTable(['ingest', ...head], rows)
}

function printAnswers(parts: readonly Pairs[]): void {
  const rows = parts.map(({ name, beside }) => {
    const runs = beside.map(({ market }) => market!)
    const sum = (key: 'answers' | 'proved' | 'refused'): string =>
      runs.reduce((total, run) => total + run[key], 0).toString()
    const counts = [sum('answers'), sum('proved'), sum('refused')]
    const times = [medianOf(runs, (run) => run.median), medianOf(runs, (run) => run.p99)]
    const client = medianOf(runs, (run) => run.clientShare).toFixed(2)
    return [`devices ${name}`, ...counts, ...times.map((ms) => ms.toFixed(1)), client]
  })
  const head = ['answers', 'proved', 'refused', 'median ms', '99 %', "buyers' own core"]
  printTable(['answers', ...head], rows)
}

function printGoals(parts: readonly Pairs[]): boolean {
  const kept = parts.map(({ name, alone, beside }) => {
    const ratios = alone.map((run, i) => beside[i]!.messagesPerSec / run.messagesPerSec)
    return { name, value: median(ratios) }
  })
  const rows = kept.map(({ name, value }) => {
    const reached = value >= keptMin ? 'reached' : 'MISSED'
    return [`ingest kept, devices ${name}`, `at least ${keptMin}`, value.toFixed(2), reached]
  })
  printTable(['goal', 'wanted', 'measured', ''], rows)
  const runs = parts.flatMap(({ beside }) => beside.map(({ market }) => market!))
  const isAnswered = runs.every(
    ({ refused, proved, answers }) => refused === 0 && proved === answers,
  )
  return isAnswered && kept.every(({ value }) => value >= keptMin)
}
