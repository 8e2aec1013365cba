/** What an operator can try with a log of its own, and an owner with the arithmetic. */
import { concat, utf8 } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { formatAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { openFork } from '../../gateway/core/log/fork.js'
import { rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { consistencyPath, leafHash } from '../../gateway/core/log/tree.js'
import { judgeAddCheckpoint, type Witnessed } from '../../gateway/core/log/witnessRule.js'
import { poolFor, shareOut } from '../../gateway/core/rewards/shares.js'
import { deviceKey } from '../key.js'
import type { Attack, Seen } from './attack.js'
import { dropOwner } from './dropOwner.js'

const operator = deviceKey('attack', 'operator', 'node')
const origin = originOf('attack', deviceIdOf(operator.publicKey))

/** A log of texts, and the checkpoint that the operator signs over its first entries. */
function logOf(texts: readonly string[]) {
  const leaves = texts.map((text) => leafHash(utf8(text)))
  const sign = (size: number): string => {
    const root = rootOfLeaves(leaves.slice(0, size))
    return formatCheckpoint({ origin, size, root }, operator.publicKey, operator.sign)
  }
  return { leaves, sign }
}

async function rewriteHistory(): Promise<Seen> {
  const honest = logOf(['a', 'b', 'c', 'd', 'e'])
  const rewritten = logOf(['a', 'b', 'C', 'd', 'e', 'f', 'g'])
  let last: Witnessed | undefined
  const ask = async (oldSize: number, size: number, log: ReturnType<typeof logOf>) => {
    const proof = await pathBetween(log.leaves, oldSize, size)
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: log.sign(size) })
    const verdict = judgeAddCheckpoint(body, {
      keyOf: () => ({ name: origin, publicKey: operator.publicKey }),
      lastOf: () => last,
    })
    if (verdict.status === 200) last = verdict.next
    return verdict
  }
  const first = await ask(0, 5, honest)
  const other = await ask(5, 5, rewritten)
  const grown = await ask(5, 7, rewritten)
  const evidence = [other, grown].map((one) => {
    const fork = 'fork' in one ? one.fork : undefined
    return fork !== undefined && openFork(JSON.stringify(fork)).ok
  })
  const statuses = [first, other, grown].map(({ status }) => status)
  return {
    held: statuses.join() === '200,409,422' && evidence.every(Boolean),
    detail: `a witness answered ${statuses.join(', ')} and keeps both signed checkpoints of each try`,
  }
}

async function pathBetween(
  leaves: readonly Uint8Array[],
  older: number,
  newer: number,
): Promise<Uint8Array[]> {
  if (older === 0 || older === newer) return []
  // So few leaves have no level above the first.
  const read = async (_level: number, start: number, count: number): Promise<Uint8Array> =>
    concat(...leaves.slice(start, start + count))
  return consistencyPath(read, older, newer)
}

const epochs = 1_000
const perHour = 10n ** 18n + 7n

/** Many short epochs, and a share cut into many rows: does rounding ever make a base unit? */
function drainRounding(): Seen {
  const total = { pool: 0n, given: 0n, whole: 0n, split: 0n }
  let carryIn = 0n
  let splitCarry = 0n
  for (let i = 0; i < epochs; i++) {
    const poolIn = poolFor(perHour, { from: i, to: i + 1 })
    const pool = { poolIn, carryIn, usageIn: 0n }
    const others = Array.from({ length: 9 }, () => ({ weight: 700_001, usage: 0n }))
    const whole = shareOut(pool, [{ weight: 700_000, usage: 0n }, ...others])
    const parts = Array.from({ length: 7 }, () => ({ weight: 100_000, usage: 0n }))
    const split = shareOut({ ...pool, carryIn: splitCarry }, [...parts, ...others])
    total.pool += poolIn
    total.given += whole.paid + whole.unallocated
    total.whole += whole.rows[0]!.paid
    total.split += split.rows.slice(0, 7).reduce((sum, { paid }) => sum + paid, 0n)
    carryIn = whole.carryOut
    splitCarry = split.carryOut
  }
  const made = total.given + carryIn - total.pool
  return {
    held: made === 0n && total.split <= total.whole,
    detail: `${epochs} epochs of a second: ${made} base units lost or made; cut in 7 rows the share gains ${total.split - total.whole}`,
  }
}

export const paperAttacks = {
  'drop-owner': {
    what: 'an operator logs a reading, signs a receipt for it, and leaves its owner out',
    ending: 'evidence',
    by: 'no-row',
    on: 'paper',
    run: dropOwner,
  },
  'rewrite-history': {
    what: 'an operator signs another past over entries that a witness has cosigned',
    ending: 'evidence',
    by: 'witness',
    on: 'paper',
    run: rewriteHistory,
  },
  'rounding-drain': {
    what: 'many short epochs and many small rows, to live on what rounding leaves',
    ending: 'worthless',
    by: 'conservation',
    on: 'paper',
    run: drainRounding,
  },
} satisfies Record<string, Attack>
