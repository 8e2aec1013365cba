import { Failure } from '../../core/failure.js'
import type { Publication, PublicationStore } from '../../ports/chain.js'

/** The publisher's record in memory, the same as on disk. */
export interface PublicationRecord {
  readonly state: Publication
  /** Durable on resolve. Rejects with a Failure, also once closed. */
  save(next: Publication): Promise<void>
  /** Waits for what is being written. After it the data directory may be another process's. */
  close(): Promise<void>
}

const nothing: Publication = { epoch: 0, root: undefined, pending: undefined }

/** Rejects with a Failure where the record is damaged or of another contract. */
export async function openRecord(store: PublicationStore): Promise<PublicationRecord> {
  let state = (await store.load()) ?? nothing
  let saving: Promise<void> = Promise.resolve()
  let isClosed = false
  return {
    get state() {
      return state
    },
    async save(next) {
      if (isClosed) throw new Failure('unavailable', 'the gateway is stopping')
      saving = store.save(next)
      await saving
      state = next
    },
    async close() {
      isClosed = true
      await saving.catch(() => undefined)
    },
  }
}
