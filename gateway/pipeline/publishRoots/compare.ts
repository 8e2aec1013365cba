/** Are the roots on the chain this gateway's? */

import { toHex } from '../../core/bytes.js'
import { chainRootsComparedMax } from '../../core/limits.js'
import { noPayoutsRoot } from '../../core/rewards/payoutTree.js'
import type { Distributor, DistributorView, Publication, SubmittedRoot } from '../../ports/chain.js'
import type { Settlements } from '../../ports/settlements.js'

/** The root of an epoch in which nobody had earned anything. */
export const noRoot = `0x${toHex(noPayoutsRoot())}`

export interface Comparison {
  /** Why nothing may be published, with what to do; `undefined` where all is as it should be. */
  fault(view: DistributorView, publication: Publication): Promise<string | undefined>
}

/**
 * Compares each standing root once with the record of its epoch, newest first: those that wait for
 * their activation can still be disputed, and more do not wait than are compared.
 */
export function comparison(distributor: Distributor, settlements: Settlements): Comparison {
  /** The newest root that was compared, with all before it. */
  let compared: SubmittedRoot | undefined

  async function foreignRoot(tip: SubmittedRoot | undefined): Promise<string | undefined> {
    let one = tip
    for (let i = 0; one !== undefined && i < chainRootsComparedMax; i++) {
      if (compared !== undefined && one.index < compared.index) break
      if (one.index === compared?.index && one.root === compared.root) break
      const fault = await faultOf(one)
      if (fault !== undefined) return fault
      one = one.previous === undefined ? undefined : await distributor.root(one.previous)
    }
    compared = tip
    return undefined
  }

  async function faultOf({ index, epoch, root }: SubmittedRoot): Promise<string | undefined> {
    if (epoch > settlements.count)
      return (
        `the chain has a root of epoch ${epoch}, but only ${settlements.count} epochs are closed ` +
        'here: this data directory is older than what was published. Restore the newest backup'
      )
    const record = await settlements.record(epoch)
    // Closed and not here: it went with an earlier log of this gateway, which published it.
    return record === undefined || record.rewardRoot === root
      ? undefined
      : `root ${index} on the chain, for epoch ${epoch}, is not this gateway's: somebody else can ` +
          "sign with the publisher's key. Dispute that root before it is active, have it rejected, " +
          'and name another publisher (schemas/chain.md)'
  }

  return {
    async fault(view, { root }) {
      const foreign = await foreignRoot(view.tip)
      if (foreign !== undefined || root === undefined) return foreign
      const own = root.index < view.roots ? await distributor.root(root.index) : undefined
      if (own === undefined)
        return `the chain has forgotten root ${root.index}, of epoch ${root.epoch}: is this the same chain?`
      return own.rejected
        ? `the arbiter rejected root ${root.index}, which is this gateway's of epoch ${root.epoch}: ` +
            'nothing is published until you have settled that (schemas/chain.md)'
        : undefined
    },
  }
}
