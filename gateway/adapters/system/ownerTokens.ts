/**
 * Tokens of owners, in `owners.json` of the data directory: hashes only. A token has 256 bits, so
 * that a plain hash keeps it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseAddress } from '../../core/device/address.js'
import { Failure } from '../../core/failure.js'
import type { Clock } from '../../ports/clock.js'
import type { OwnerTokens } from '../../ports/owners.js'
import { writeFileAtomic } from './atomicFile.js'

interface Entry {
  /** SHA-256 of the token, b64u; absent once it was revoked. */
  hash?: string
  atMs: number
}

/** Rejects with Failure('data') where the file is damaged. */
export async function openOwnerTokens(path: string, clock: Clock): Promise<OwnerTokens> {
  const owners = new Map(Object.entries(await load(path)))
  let saving: Promise<void> = Promise.resolve()
  const save = (): Promise<void> => {
    const write = (): Promise<void> =>
      writeFileAtomic(path, `${JSON.stringify({ v: 1, owners: Object.fromEntries(owners) })}\n`)
    saving = saving.then(write, write)
    return saving
  }
  return {
    async issue(owner) {
      const token = randomBytes(32).toString('base64url')
      owners.set(owner, { hash: hashOf(token), atMs: clock.now() })
      await save()
      return token
    },
    ownerOf(token) {
      const hash = hashOf(token)
      for (const [owner, known] of owners) if (known.hash === hash) return owner
      return undefined
    },
    sessionsFromMs: (owner) => owners.get(owner)?.atMs ?? 0,
    async revoke(owner) {
      const known = owners.get(owner)?.hash !== undefined
      owners.set(owner, { atMs: clock.now() })
      await save()
      return known
    },
    list: () =>
      [...owners].flatMap(([owner, { hash, atMs }]) => (hash === undefined ? [] : { owner, atMs })),
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

async function load(path: string): Promise<Record<string, Entry>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  const owners = parse(text)
  if (owners !== undefined) return owners
  throw new Failure(
    'data',
    `${path} is damaged: put it back from a copy, or remove it and give owners new tokens`,
  )
}

function parse(text: string): Record<string, Entry> | undefined {
  try {
    const { v, owners } = JSON.parse(text) as { v: unknown; owners: Record<string, unknown> }
    const isWhole = Object.entries(owners).every(
      ([owner, entry]) => parseAddress(owner) === owner && isEntry(entry),
    )
    return v === 1 && isWhole ? (owners as Record<string, Entry>) : undefined
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('atMs' in value)) return false
  const hash = 'hash' in value ? value.hash : undefined
  return Number.isSafeInteger(value.atMs) && (hash === undefined || typeof hash === 'string')
}
