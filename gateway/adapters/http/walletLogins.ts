/**
 * Owners sign in with their wallet: a text as in EIP-4361 (schemas/wallet.md) that names this gateway,
 * good once and for some minutes; whoever signs it sees what the signing address owns.
 */
import { randomBytes } from 'node:crypto'
import { fromHex } from '../../core/bytes.js'
import { recoverAddress } from '../../core/crypto.js'
import { formatAddress } from '../../core/device/address.js'
import { challengesMax, walletChallengeSec, walletChecksPerSecond } from '../../core/limits.js'
import { Bucket } from '../../core/market/bucket.js'
import { formatSignIn, parseSignIn, personalDigest } from '../../core/market/siwe.js'
import type { Clock } from '../../ports/clock.js'
import type { Viewer } from './viewer.js'

export interface WalletLogins {
  /** The text for an address (EIP-55) to sign. */
  challenge(address: string): string
  /** Whose signature this is on a text that was given out here; the text is spent. */
  redeem(text: string, signature: string): Promise<Viewer | undefined>
}

export interface WalletLoginParts {
  network: string
  gatewayId: string
  chainId: number
  clock: Clock
}

export function createWalletLogins(parts: WalletLoginParts): WalletLogins {
  const { network, gatewayId, chainId, clock } = parts
  /** Texts that were given out, by nonce; oldest first. */
  const open = new Map<string, string>()
  const burst = 4 * walletChecksPerSecond
  const checks = new Bucket({ perSecond: walletChecksPerSecond, burst }, clock.monotonic())
  const nowSec = (): number => Math.floor(clock.now() / 1_000)
  return {
    challenge(address) {
      const nonce = randomBytes(16).toString('hex')
      const issuedAt = nowSec()
      const text = formatSignIn({
        domain: `${gatewayId}.${network}`,
        address,
        statement: `See what is yours at the FieldProof gateway ${gatewayId}.`,
        uri: `urn:fp1:${network}:${gatewayId}`,
        chainId,
        nonce,
        issuedAt,
        expiresAt: issuedAt + walletChallengeSec,
        requestId: 'dashboard',
      })
      open.set(nonce, text)
      if (open.size > challengesMax) open.delete(open.keys().next().value!)
      return text
    },
    async redeem(text, signature) {
      const signIn = parseSignIn(text)
      if (!signIn.ok || open.get(signIn.value.nonce) !== text) return undefined
      open.delete(signIn.value.nonce)
      const bytes = fromHex(signature.replace(/^0x/, ''))
      const isLate = signIn.value.expiresAt <= nowSec()
      if (isLate || bytes?.length !== 65 || !checks.take(clock.monotonic())) return undefined
      const signer = await recoverAddress(personalDigest(text), bytes)
      const owner = signer === undefined ? undefined : formatAddress(signer)
      return owner === signIn.value.address ? { role: 'owner', owner } : undefined
    },
  }
}
