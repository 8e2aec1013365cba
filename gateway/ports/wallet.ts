/** Login by wallet (schemas/wallet.md): what a broker calls for guests. Nothing here throws on input. */
export interface WalletLogin {
  /**
   * The challenge for a guest that says to be that buyer, known or not: JSON. It stands for one answer and
   * for `challengeMsMax`. `undefined` where too many are out.
   */
  challenge(buyer: string, client: string): string | undefined
  /** The answer to a guest's signature, JSON with a session token or a problem. */
  answer(client: string, payload: Uint8Array): Promise<{ ok: boolean; text: string }>
  /** The guest is gone, and its challenge with it. */
  left(client: string): void
}
