/**
 * What buyers paid, to those whose devices are in what they bought (PROTOCOL 6.5): equal shares, for
 * counts of readings can be inflated.
 */
import { assert } from '../failure.js'

const basisPoints = 10_000

/** A released row that was sold. */
export interface Sale {
  /** Credits that all its buyers paid for it in the epoch. */
  readonly credits: number
  /**
   * Device ids by owner: the contributors of an environment row; of a personal row the node's roster,
   * for its contributors are secret. Neither an owner nor a device stands twice.
   */
  readonly owners: readonly (readonly string[])[]
}

export interface Usage {
  readonly usageIn: bigint
  /** Base units by device id; only devices that are owed some. */
  readonly owed: ReadonlyMap<string, bigint>
}

/** What a credit is worth to owners. */
export interface SaleTerms {
  /** `rewards.perCredit`, base units. */
  readonly perCredit: bigint
  /** `market.feeBp`: what the operator keeps, basis points. */
  readonly feeBp: number
}

/**
 * q = credits x perCredit, less the fee; floor(q/o) to each owner, floor(that/d) to each of its d
 * devices. What the floors leave is in `usageIn` and owed to nobody: it is carried on.
 */
export function usageOf(sales: readonly Sale[], { perCredit, feeBp }: SaleTerms): Usage {
  assert(Number.isInteger(feeBp) && feeBp >= 0 && feeBp <= basisPoints, 'a fee is basis points')
  let usageIn = 0n
  const owed = new Map<string, bigint>()
  for (const { credits, owners } of sales) {
    assert(Number.isSafeInteger(credits) && credits >= 0, 'credits are a count')
    assert(owners.length > 0, 'a row that is sold has owners')
    const revenue =
      (BigInt(credits) * perCredit * BigInt(basisPoints - feeBp)) / BigInt(basisPoints)
    usageIn += revenue
    const perOwner = revenue / BigInt(owners.length)
    for (const devices of owners) {
      assert(devices.length > 0, 'an owner in a row has a device in it')
      const share = perOwner / BigInt(devices.length)
      if (share === 0n) continue
      for (const device of devices) owed.set(device, (owed.get(device) ?? 0n) + share)
    }
  }
  return { usageIn, owed }
}
