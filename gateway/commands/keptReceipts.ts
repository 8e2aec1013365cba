/** Receipts as a simulation keeps them: appended to a file, a line each (schemas/receipts.md). */
import { closeSync, openSync, writeSync } from 'node:fs'
import { formatReceipt } from '../core/audit/receiptLine.js'
import { Failure, messageOf } from '../core/failure.js'

export interface KeptReceipts {
  add(receipt: Uint8Array, message: Uint8Array | undefined): void
  close(): void
}

/** Throws Failure('permission') where the file cannot be opened. */
export function keepReceipts(path: string): KeptReceipts {
  let file: number
  try {
    file = openSync(path, 'a', 0o644)
  } catch (error) {
    throw new Failure('permission', `cannot write ${path}: ${messageOf(error)}`)
  }
  return {
    add: (receipt, message) => {
      writeSync(file, `${formatReceipt(receipt, message)}\n`)
    },
    close: () => closeSync(file),
  }
}
