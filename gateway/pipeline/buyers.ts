/** Who buys: logins, and the operator's word on buyers. Each change is in the ledger before it counts. */
import { parseAddress } from '../core/device/address.js'
import { buyerCellsMax } from '../core/limits.js'
import {
  type BuyerGrant,
  formatToken,
  hashToken,
  isBuyerName,
  tokenBytes,
} from '../core/market/buyer.js'
import type { Buyer } from '../core/market/ledger.js'
import { isLabel, isReleased } from '../core/privacy/rowKey.js'
import { type Judged, judged, problem } from '../core/query/problem.js'
import { allMetrics } from '../core/topic.js'
import type { LoginRefusal, Principal } from '../ports/intake.js'
import type { BuyerLink, BuyerOperations, BuyerView } from '../ports/market.js'
import type { Credits } from './credits.js'

export interface BuyersParts {
  credits: Credits
  link: Pick<BuyerLink, 'dismiss'>
  randomBytes(length: number): Uint8Array
}

export interface Buyers extends BuyerOperations {
  /** User name and token, as a broker was given them. */
  login(name: string, token: string): Principal | LoginRefusal
}

export function createBuyers({ credits, link, randomBytes }: BuyersParts): Buyers {
  const { ledger } = credits

  async function after(name: string, change: Parameters<Credits['append']>[0]) {
    const fault = await credits.append(change)
    const buyer = ledger.buyer(name)
    if (fault !== undefined || buyer === undefined)
      return fault === undefined
        ? problem('not-found', `The buyer ${name} was removed.`)
        : { ok: false as const, problem: fault }
    return judged(viewOf(buyer))
  }

  async function addBuyer(
    name: string,
    grant: BuyerGrant,
    amount: number,
  ): Promise<Judged<BuyerView & { token: string }>> {
    const checked = checkGrant(name, grant)
    if (!checked.ok) return checked
    if (!isCredits(amount)) return notCredits
    const token = formatToken(randomBytes(tokenBytes))
    const { metrics, cells, wallet } = checked.value
    const added = await after(name, {
      kind: 'buyer',
      name,
      token: hashToken(token),
      credits: amount,
      metrics,
      ...(cells && { cells }),
      ...(wallet !== undefined && { wallet }),
    })
    return added.ok ? judged({ ...added.value, token }) : added
  }

  return {
    login(name, token) {
      const buyer = ledger.buyer(name)
      return buyer !== undefined && buyer.token === hashToken(token)
        ? { role: 'buyer', name }
        : { detail: `no buyer ${name} has this token` }
    },
    buyers: () => ledger.buyers().map(viewOf),
    addBuyer,
    async creditBuyer(name, amount) {
      if (!isCredits(amount) || amount === 0) return notCredits
      return after(name, { kind: 'credit', name, credits: amount })
    },
    async removeBuyer(name) {
      const buyer = ledger.buyer(name)
      if (buyer === undefined) return problem('not-found', `No buyer is named ${name}.`)
      const view = viewOf(buyer)
      const fault = await credits.append({ kind: 'removed', name })
      if (fault !== undefined) return { ok: false, problem: fault }
      link.dismiss(name)
      return judged(view)
    },
  }
}

const notCredits = problem('bad-request', 'Expected credits: a whole number below 2^53.')

function isCredits(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 0
}

function viewOf({ name, balance, credited, grant, addedAtMs }: Buyer): BuyerView {
  const { metrics, cells, wallet } = grant
  return {
    name,
    balance,
    credited,
    metrics,
    ...(cells && { cells }),
    ...(wallet !== undefined && { wallet }),
    addedAtMs,
  }
}

function checkGrant(name: string, { metrics, cells, wallet }: BuyerGrant): Judged<BuyerGrant> {
  if (!isBuyerName(name))
    return problem(
      'bad-request',
      'Expected a name: 1 to 32 of a-z, 0-9 and -, not of the form of a device id (13 of a-z, 2-7).',
    )
  const isAll = metrics.length === 1 && metrics[0] === allMetrics
  if (metrics.length === 0 || (!isAll && !metrics.every(isReleased)))
    return problem('bad-request', 'Expected metrics: all, or names of metrics that are released.')
  if (cells !== undefined && (cells.length > buyerCellsMax || !cells.every(isLabel)))
    return problem(
      'bad-request',
      `Expected cells: at most ${buyerCellsMax} H3 indexes of resolution 3 to 7.`,
    )
  const account = wallet === undefined ? undefined : parseAddress(wallet)
  if (wallet !== undefined && account === undefined)
    return problem('bad-request', 'Expected wallet: 0x and 40 hex digits, with a right checksum.')
  return judged({ metrics: [...new Set(metrics)], cells, wallet: account })
}
