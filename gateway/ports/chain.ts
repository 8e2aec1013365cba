/** A root as the distributor on the chain holds it. Hashes are `0x` and 64 hex digits. */
export interface SubmittedRoot {
  readonly index: number
  readonly root: string
  /** Leaf hash of the epoch record. */
  readonly record: string
  /** Base units in the whole tree. */
  readonly total: bigint
  readonly epoch: number
  readonly rejected: boolean
  /** Index of the standing root before it. */
  readonly previous: number | undefined
}

/** What the distributor says now. */
export interface DistributorView {
  /** Roots ever submitted. */
  readonly roots: number
  /** The newest root that was not rejected. */
  readonly tip: SubmittedRoot | undefined
  /** Transactions that the publisher's account has sent, the waiting ones left out: its next nonce. */
  readonly nonce: number
}

/** One call of `submit`. */
export interface Submission {
  readonly index: number
  readonly root: string
  readonly record: string
  readonly total: bigint
  readonly epoch: number
}

/** Wei per unit of gas (EIP-1559). */
export interface Fees {
  readonly feePerGas: bigint
  readonly priorityFee: bigint
}

/** A signed transaction; the same bytes have the same hash wherever and how often they are sent. */
export interface SignedTransaction extends Fees {
  readonly hash: string
  /** `0x` and hex. */
  readonly raw: string
}

/**
 * The distributor's contract and the node before it. Every call is a question to the node within
 * `chainAnswerMsMax`; it rejects with Failure('unavailable') where the node gives no answer, which is
 * to be tried again, and with Failure('config') where it is not the chain, contract or account of the
 * configuration. Only `send` changes anything.
 */
export interface Distributor {
  view(): Promise<DistributorView>
  /** A root that was submitted. */
  root(index: number): Promise<SubmittedRoot>
  /** Gas of a submission, with something to spare; or the contract's refusal, for people. */
  estimate(submission: Submission): Promise<{ gas: bigint } | { refusal: string }>
  /** What a transaction costs that shall be mined soon. */
  fees(): Promise<Fees>
  /** Signs; no question to the node, and the same arguments give the same bytes. */
  sign(submission: Submission, nonce: number, gas: bigint, fees: Fees): SignedTransaction
  /** Hands a transaction over; `undefined` where the node has it now, otherwise the node's words. */
  send(transaction: SignedTransaction): Promise<string | undefined>
  /** How a transaction ended, and how many blocks say so (1: the newest); `undefined` while it waits. */
  receipt(hash: string): Promise<{ succeeded: boolean; confirmations: number } | undefined>
}

/** A submission that was signed and is to end up on the chain. */
export interface PendingSubmission extends Submission {
  readonly nonce: number
  /** Units of gas that it may use. */
  readonly gas: bigint
  /** All that were signed for the nonce, newest last: each pays more than the one before. */
  readonly sent: readonly SignedTransaction[]
}

/** How far publishing is. */
export interface Publication {
  /** Every epoch up to this one is published; 0: none. */
  readonly epoch: number
  /** The root that holds for it: the epoch that it was submitted for, which is an earlier one where
   * nothing changed since, and its index. `undefined` while nobody has earned anything. */
  readonly root: { readonly epoch: number; readonly index: number } | undefined
  readonly pending: PendingSubmission | undefined
}

/** The publisher's record, one per chain and contract (schemas/chain.md). */
export interface PublicationStore {
  /** What was saved last; `undefined` at first. Rejects with Failure('data') where it is damaged. */
  load(): Promise<Publication | undefined>
  /** Durable on resolve; a crash leaves the old one or the new one. */
  save(publication: Publication): Promise<void>
}
