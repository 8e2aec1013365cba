/**
 * `node dist/test/fuzz/epochs.js [--epochs 1000000] [--seed N]`: settles random epochs and has a
 * second settlement do the same (test/core/rewards/auditor.ts). Every row, root and amount must be
 * the same bytes, and what came in must have gone out or been carried on. Prints the seed first, a
 * table last; exits 1 at the first difference.
 */
import { parseArgs } from 'node:util'
import { compareEpochs } from '../core/rewards/compareEpochs.js'
import { seededRandom } from '../support/random.js'

/** Epochs of one chain; each has a seed of its own, so that a difference is soon found again. */
const chainEpochs = 5_000

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})

function main(): number {
  const epochs = Number(values.epochs)
  const seed = Number(values.seed)
  if (!Number.isInteger(epochs) || epochs < 1 || !Number.isInteger(seed)) {
    console.error('usage: node dist/test/fuzz/epochs.js [--epochs 1000000] [--seed N]')
    return 2
  }
  console.log(`seed ${seed}, ${epochs} epochs`)
  const totals: Record<string, number> = {}
  let given = 0n
  for (let done = 0; done < epochs; done += chainEpochs) {
    const chainSeed = seed + done
    const length = Math.min(chainEpochs, epochs - done)
    const { difference, seen, ...chain } = compareEpochs(seededRandom(chainSeed), length)
    if (difference !== undefined) {
      console.error(`difference (--seed ${chainSeed} --epochs ${length})\n${difference}`)
      return 1
    }
    given += chain.given
    for (const [name, count] of Object.entries(seen)) totals[name] = (totals[name] ?? 0) + count
  }
  for (const [name, count] of Object.entries({ epochs, ...totals }))
    console.log(`${name.padEnd(8)}${String(count).padStart(12)}`)
  console.log(`${given} base units in, as many out; writer and auditor byte-equal`)
  return 0
}

process.exitCode = main()
