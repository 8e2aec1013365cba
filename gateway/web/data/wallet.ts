/** A wallet in the browser (EIP-1193), asked for an address and a signature and nothing else. */
import { post } from './api.js'

export interface Wallet {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>
}

/** The wallet that the browser offers to pages, where it has one. */
export function walletHere(): Wallet | undefined {
  const { ethereum } = globalThis as { ethereum?: Wallet }
  return typeof ethereum?.request === 'function' ? ethereum : undefined
}

/** The gateway's text with the wallet's signature. Rejects where the person declines. */
export async function signText(wallet: Wallet): Promise<{ text: string; signature: string }> {
  const accounts = await wallet.request({ method: 'eth_requestAccounts' })
  const [address] = Array.isArray(accounts) ? accounts : []
  if (typeof address !== 'string') throw new Error('The wallet shows no account.')
  const { text } = await post<{ text: string }>('/api/session/challenge', { address })
  const signature = await wallet.request({
    method: 'personal_sign',
    params: [hexOf(text), address],
  })
  if (typeof signature !== 'string') throw new Error('The wallet did not sign.')
  return { text, signature }
}

function hexOf(text: string): string {
  const bytes = [...new TextEncoder().encode(text)]
  return `0x${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
