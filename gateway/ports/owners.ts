/** An owner who may see its own devices, as the operator has let it in. */
export interface OwnerGrant {
  /** EIP-55. */
  owner: string
  /** When its token was made, ms since 1970. */
  atMs: number
}

/**
 * The tokens by which owners see what is theirs. One for each owner; only its hash is kept. Changes
 * are durable on resolve.
 */
export interface OwnerTokens {
  /** A new token, told this once; the one before ends, and with it what was opened by it. */
  issue(owner: string): Promise<string>
  /** Whose token this is, EIP-55. */
  ownerOf(token: string): string | undefined
  /** Sessions of an owner that began before this moment have ended; ms since 1970. */
  sessionsFromMs(owner: string): number
  /** Ends an owner's token and sessions; false where it has none. */
  revoke(owner: string): Promise<boolean>
  list(): OwnerGrant[]
}
