/**
 * The rounds. The machine does other things too, so everything is measured once a round, each run of
 * the gateway stands between two measurements of the limit, and ratios are taken within a round.
 */
import { join } from 'node:path'
import { runGateway } from './gatewayRun.js'
import { startLimit } from './limit.js'
import type { Options } from './options.js'
import { runBroker, startPlainScript } from './plainRun.js'
import { type Load, middleOf, type Prepared } from './prepare.js'
import { newResults, type Results, samplesOf } from './results.js'
import { startPair } from './startTime.js'

/** One measurement of the limit. */
const limitMs = 1_500
/** Pairs of an empty Node and a start, of each round. */
const startPairs = 5

export async function measureRounds(
  folder: string,
  options: Options,
  prepared: Prepared,
  progress: (text: string) => void,
): Promise<Results> {
  const { rounds, only } = options
  const results = newResults()
  const script = only.includes('script') ? await startPlainScript() : undefined
  for (let round = 1; round <= rounds; round++) {
    const say = (text: string): void => progress(`round ${round} of ${rounds}: ${text}`)
    for (const [records, loads] of prepared.loads)
      await measureGateway(folder, options, prepared.fleet, records, loads, results, say)
    for (const load of only.includes('broker') ? prepared.loads.get(options.records[0]!)! : []) {
      say(`aedes alone, ${load.plan.connections} connection(s)`)
      samplesOf(results.broker, `${load.plan.connections}`).push(await runBroker(load))
    }
    if (script !== undefined) {
      say('plain script')
      results.script.push(await script.run(prepared.json))
    }
    for (let pair = 1; only.includes('start') && pair <= startPairs; pair++) {
      say(`start ${pair} of ${startPairs}`)
      results.start.push(await startPair(prepared.empty))
    }
  }
  await script?.stop()
  return results
}

/** Every load of messages with that many records, each between two measurements of the limit. */
async function measureGateway(
  folder: string,
  { only, profile }: Options,
  fleet: string,
  records: number,
  loads: readonly Load[],
  results: Results,
  say: (text: string) => void,
): Promise<void> {
  const limit = only.includes('limit') ? await startLimit(middleOf(loads).set) : undefined
  const measureLimit = async (): Promise<number> => {
    if (limit === undefined) return Number.NaN
    const run = await limit.measure(limitMs)
    samplesOf(results.limit, `${records}`).push(run)
    return run.perSec
  }
  let before = await measureLimit()
  for (const load of only.includes('gateway') ? loads : []) {
    const { connections } = load.plan
    say(`gateway, ${records} record(s), ${connections} connection(s)`)
    const run = await runGateway(load, fleet, join(folder, 'run'), profile)
    const after = await measureLimit()
    const ofLimit = run.messagesPerSec / ((before + after) / 2)
    samplesOf(results.gateway, `${records} ${connections}`).push({ ...run, ofLimit })
    before = after
  }
  await limit?.stop()
}
