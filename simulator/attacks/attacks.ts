/** Every attack by name, and how they are run. */
import type { ContributionRow } from '../../gateway/core/rewards/statement.js'
import type { Attack, Outcome, Rows, Seen } from './attack.js'
import { deviceAttacks } from './deviceAttacks.js'
import { ownerAttacks } from './ownerAttacks.js'
import { paperAttacks } from './paperAttacks.js'
import { openRig, type RigTarget } from './rig.js'

export const attacks: Readonly<Record<string, Attack>> = {
  ...deviceAttacks,
  ...ownerAttacks,
  ...paperAttacks,
}

export const attackNames: readonly string[] = Object.keys(attacks)

/** Whether one of these needs a gateway. */
export function needsGateway(names: readonly string[]): boolean {
  return names.some((name) => attacks[name]?.on === 'wire')
}

/**
 * Runs attacks one after the other; those over the wire in an epoch of their own, which is closed
 * before and after. Rejects with a `Failure` where the gateway does not answer. `target` may be
 * absent where none needs a gateway. `tell`: called with each name as it begins.
 */
export async function runAttacks(
  names: readonly string[],
  target: RigTarget | undefined,
  tell: (name: string) => void,
): Promise<Outcome[]> {
  const rig = target && openRig(target)
  const asked: { name: string; judge: (rows: Rows) => Seen }[] = []
  try {
    if (target) await target.operator.closeEpoch()
    for (const name of names) {
      tell(name)
      const attack = attacks[name]!
      if (attack.on === 'wire') asked.push({ name, judge: await attack.run(rig!) })
      else asked.push({ name, judge: constantly(await attack.run()) })
    }
  } finally {
    rig?.end()
  }
  const rows = target ? byDevice(await target.operator.closeEpoch()) : new Map()
  return asked.map(({ name, judge }) => {
    const { ending, by } = attacks[name]!
    return { attack: name, ending, by, ...judge(rows) }
  })
}

function constantly(seen: Seen): () => Seen {
  return () => seen
}

function byDevice(rows: readonly ContributionRow[]): Rows {
  return new Map(rows.map((row) => [row.device, row]))
}
