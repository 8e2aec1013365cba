import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import { parseAmount } from '../../core/log/amount.js'
import type {
  PendingSubmission,
  Publication,
  PublicationStore,
  SignedTransaction,
} from '../../ports/chain.js'
import { writeFileAtomic } from './atomicFile.js'

/** The contract that a record is about. */
export interface PublicationTarget {
  chainId: number
  /** EIP-55. */
  distributor: string
}

/**
 * The publisher's record as `chain.json` in the data directory (schemas/chain.md). It holds for one
 * contract: another one has other roots and other indices.
 */
export function publicationFile(dataDir: string, target: PublicationTarget): PublicationStore {
  const path = join(dataDir, 'chain.json')
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw new Failure('data', `cannot read ${path}: ${messageOf(error)}`)
      })
      return text === undefined ? undefined : parse(text, path, target)
    },
    async save(publication) {
      try {
        await writeFileAtomic(path, `${format(publication, target)}\n`)
      } catch (error) {
        throw new Failure('data', `cannot write ${path}: ${messageOf(error)}`)
      }
    },
  }
}

function format({ epoch, root, pending }: Publication, target: PublicationTarget): string {
  const { chainId, distributor } = target
  const amounts = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  const file = { v: 1, chain: chainId, distributor, epoch, root: root ?? null }
  return JSON.stringify({ ...file, pending: pending ?? null }, amounts, 2)
}

type Fields = Readonly<Record<string, unknown>>

function parse(text: string, path: string, target: PublicationTarget): Publication {
  const file = read(text)
  if (
    file !== undefined &&
    (file.chain !== target.chainId || file.distributor !== target.distributor)
  )
    throw new Failure(
      'config',
      `${path} is about the distributor ${file.distributor} on chain ${file.chain}, and the ` +
        'configuration names another one: move the file away to publish every epoch there',
    )
  const publication = file?.v === 1 ? publicationOf(file) : undefined
  if (publication === undefined)
    throw new Failure(
      'data',
      `${path} is damaged: move it away; what is on the chain already is found there`,
    )
  return publication
}

function read(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

function publicationOf({ epoch, root, pending }: Fields): Publication | undefined {
  if (!isCount(epoch)) return undefined
  const held = root === null ? undefined : rootOf(fieldsOf(root))
  const waiting = pending === null ? undefined : pendingOf(fieldsOf(pending))
  if ((root !== null && held === undefined) || (pending !== null && waiting === undefined))
    return undefined
  return { epoch, root: held, pending: waiting }
}

function rootOf(root: Fields | undefined): Publication['root'] {
  return isCount(root?.epoch) && isCount(root.index)
    ? { epoch: root.epoch, index: root.index }
    : undefined
}

function pendingOf(pending: Fields | undefined): PendingSubmission | undefined {
  if (pending === undefined || !Array.isArray(pending.sent)) return undefined
  const { index, root, record, epoch, nonce } = pending
  const total = parseAmount(pending.total)
  const gas = parseAmount(pending.gas)
  const sent = pending.sent.map((one) => transactionOf(fieldsOf(one)))
  if (!isCount(index) || !isCount(epoch) || !isCount(nonce)) return undefined
  if (!isHash(root) || !isHash(record) || total === undefined || gas === undefined) return undefined
  if (sent.length === 0 || !sent.every((one) => one !== undefined)) return undefined
  return { index, root, record, total, epoch, nonce, gas, sent }
}

function transactionOf(one: Fields | undefined): SignedTransaction | undefined {
  const feePerGas = parseAmount(one?.feePerGas)
  const priorityFee = parseAmount(one?.priorityFee)
  if (one === undefined || feePerGas === undefined || priorityFee === undefined) return undefined
  const { hash, raw } = one
  if (!isHash(hash) || typeof raw !== 'string' || !/^0x([0-9a-f]{2})+$/.test(raw)) return undefined
  return { hash, raw, feePerGas, priorityFee }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
}
