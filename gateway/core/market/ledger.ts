/**
 * The fold of the ledger of credits: who buys, what each has left, and what each was charged for in
 * the last minutes. The same records give the same state; time comes with each record.
 */
import { assert } from '../failure.js'
import { answerKeptMs, buyersMax, creditsMax } from '../limits.js'
import { type Problem, problem } from '../query/problem.js'
import type { BuyerGrant } from './buyer.js'
import type { AddedRecord, ChargeRecord, LedgerRecord } from './record.js'

export interface Buyer {
  readonly name: string
  /** Number of the record that added it: tells it from an earlier buyer of that name. */
  readonly since: number
  /** ms since 1970. */
  readonly addedAtMs: number
  /** SHA-256 of the token, hex. */
  readonly token: string
  readonly grant: BuyerGrant
  /** Credits paid in, and credits left; never negative. */
  readonly credited: number
  readonly balance: number
}

/** A charge for an answer, while its id stands for it. */
export interface RecentCharge {
  readonly atMs: number
  readonly charge: ChargeRecord
}

type Entry = { -readonly [N in keyof Buyer]: Buyer[N] } & {
  /** By id of the request, oldest first. */
  readonly recent: Map<string, RecentCharge>
}

/** What a snapshot holds: plain JSON. */
export interface LedgerState {
  readonly records: number
  readonly buyers: readonly {
    readonly since: number
    readonly addedAtMs: number
    /** With all credits that were paid in. */
    readonly added: AddedRecord
    readonly balance: number
    readonly recent: readonly RecentCharge[]
  }[]
}

export class Ledger {
  readonly #buyers = new Map<string, Entry>()
  #records = 0

  /** Records that were applied. */
  get records(): number {
    return this.#records
  }

  /** The state that a snapshot held. */
  static restore(state: LedgerState): Ledger {
    const ledger = new Ledger()
    ledger.#records = state.records
    for (const { since, addedAtMs, added, balance, recent } of state.buyers) {
      const entry = entryOf(added, since, addedAtMs)
      entry.balance = balance
      for (const one of recent) entry.recent.set(one.charge.id, one)
      ledger.#buyers.set(added.name, entry)
    }
    return ledger
  }

  save(): LedgerState {
    const buyers = [...this.#buyers.values()].map((entry) => ({
      since: entry.since,
      addedAtMs: entry.addedAtMs,
      added: addedOf(entry),
      balance: entry.balance,
      recent: [...entry.recent.values()],
    }))
    return { records: this.#records, buyers }
  }

  buyers(): readonly Buyer[] {
    return [...this.#buyers.values()]
  }

  buyer(name: string): Buyer | undefined {
    return this.#buyers.get(name)
  }

  /** What the buyer was charged for under that id in the last ten minutes. */
  charged(name: string, id: string, nowMs: number): RecentCharge | undefined {
    const found = this.#buyers.get(name)?.recent.get(id)
    return found !== undefined && nowMs - found.atMs < answerKeptMs ? found : undefined
  }

  /** Why a record cannot follow; `undefined` where it can. */
  faultOf(record: LedgerRecord): { readonly ok: false; readonly problem: Problem } | undefined {
    const entry = this.#buyers.get(record.name)
    if (record.kind === 'buyer') return this.#addFault(record.name)
    if (entry === undefined) return problem('not-found', `No buyer is named ${record.name}.`)
    if (record.kind === 'credit' && entry.credited + record.credits > creditsMax)
      return problem('bad-request', 'These are more credits than a buyer can have.')
    if (record.kind === 'charge' && record.cost > entry.balance)
      return problem(
        'insufficient-credits',
        `This costs ${record.cost}, and ${entry.balance} are left.`,
        { cost: record.cost },
      )
    return undefined
  }

  /** Takes the next record. One that `faultOf` refuses is a bug, or damage. */
  apply(record: LedgerRecord, atMs: number): void {
    const fault = this.faultOf(record)
    assert(fault === undefined, `ledger record ${this.#records}: ${fault?.problem.detail}`)
    const entry = this.#buyers.get(record.name)
    switch (record.kind) {
      case 'buyer':
        this.#buyers.set(record.name, entryOf(record, this.#records, atMs))
        break
      case 'credit':
        entry!.credited += record.credits
        entry!.balance += record.credits
        break
      case 'charge':
        take(entry!, record, atMs)
        break
      case 'removed':
        this.#buyers.delete(record.name)
        break
    }
    this.#records += 1
  }

  #addFault(name: string): { readonly ok: false; readonly problem: Problem } | undefined {
    if (this.#buyers.has(name)) return problem('conflict', `A buyer is named ${name} already.`)
    return this.#buyers.size >= buyersMax
      ? problem('conflict', `A gateway has at most ${buyersMax} buyers.`)
      : undefined
  }
}

function take(entry: Entry, charge: ChargeRecord, atMs: number): void {
  entry.balance -= charge.cost
  assert(entry.balance >= 0, 'a balance is never negative')
  for (const [id, { atMs: then }] of entry.recent) {
    if (atMs - then < answerKeptMs) break
    entry.recent.delete(id)
  }
  if (charge.hash === undefined) return
  // At its end, whatever stood under that id before.
  entry.recent.delete(charge.id)
  entry.recent.set(charge.id, { atMs, charge })
}

function entryOf(added: AddedRecord, since: number, addedAtMs: number): Entry {
  const { name, token, metrics, cells, wallet, credits } = added
  const grant = { metrics, cells, wallet }
  const money = { credited: credits, balance: credits }
  return { name, since, addedAtMs, token, grant, ...money, recent: new Map() }
}

function addedOf({ name, token, grant, credited }: Entry): AddedRecord {
  const { metrics, cells, wallet } = grant
  return {
    kind: 'buyer',
    name,
    token,
    credits: credited,
    metrics,
    ...(cells && { cells }),
    ...(wallet !== undefined && { wallet }),
  }
}
