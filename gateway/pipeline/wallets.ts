/**
 * Logins by wallet (schemas/wallet.md): challenges, and the session tokens that good signatures get.
 * Both are in memory: a restart ends them. Who asks learns nothing about names: each gets a challenge,
 * and a wrong signature, a name without a wallet and no such name are one refusal.
 */
import { fromHex, toHex } from '../core/bytes.js'
import { recoverAddress } from '../core/crypto.js'
import { formatAddress, parseAddress } from '../core/device/address.js'
import { readJson } from '../core/json.js'
import {
  challengesMax,
  walletChallengeSec,
  walletChecksPerSecond,
  walletSessionSec,
  walletSessionsMax,
} from '../core/limits.js'
import { Bucket } from '../core/market/bucket.js'
import { hashToken } from '../core/market/buyer.js'
import type { Buyer } from '../core/market/ledger.js'
import { formatSignIn, personalDigest, type SignIn } from '../core/market/siwe.js'
import { type Problem, problemJson } from '../core/query/problem.js'
import { formatInstant } from '../core/time.js'
import type { Clock } from '../ports/clock.js'
import type { WalletLogin } from '../ports/wallet.js'

export interface WalletParts {
  readonly network: string
  readonly gatewayId: string
  readonly chainId: number
  /** The buyer of that name now. */
  buyer(name: string): Buyer | undefined
  readonly clock: Clock
  randomBytes(length: number): Uint8Array
}

export interface Wallets extends WalletLogin {
  /** Whether a password is a session token of that buyer. */
  knows(name: string, token: string): boolean
}

interface Challenge {
  readonly buyer: string
  readonly signIn: SignIn
}

interface WalletSession {
  readonly buyer: Buyer
  readonly expiresSec: number
}

/** Where a wallet's own address goes in the challenge's template. */
const addressPlace = '<address>'

export function createWallets(parts: WalletParts): Wallets {
  const { network, gatewayId, chainId, clock, randomBytes } = parts
  const challenges = new Map<string, Challenge>()
  const sessions = new Map<string, WalletSession>()
  const burst = 4 * walletChecksPerSecond
  const checks = new Bucket({ perSecond: walletChecksPerSecond, burst }, clock.monotonic())
  const nowSec = (): number => Math.floor(clock.now() / 1_000)

  function challenge(buyer: string, client: string): string | undefined {
    for (const [id, { signIn }] of challenges)
      if (signIn.expiresAt <= nowSec()) challenges.delete(id)
    if (challenges.size >= challengesMax && !challenges.has(client)) return undefined
    const issuedAt = nowSec()
    const signIn: SignIn = {
      domain: `${gatewayId}.${network}`,
      address: addressPlace,
      statement: `Log in to the FieldProof gateway ${gatewayId} as buyer ${buyer}.`,
      uri: `urn:fp1:${network}:${gatewayId}`,
      chainId,
      nonce: toHex(randomBytes(16)),
      issuedAt,
      expiresAt: issuedAt + walletChallengeSec,
      requestId: client,
    }
    challenges.set(client, { buyer, signIn })
    const expires = formatInstant(signIn.expiresAt)
    return JSON.stringify({ v: 1, template: formatSignIn(signIn), expires })
  }

  async function answer(client: string, payload: Uint8Array): ReturnType<Wallets['answer']> {
    const given = challenges.get(client)
    // Whatever comes of it, a challenge is good for one answer.
    challenges.delete(client)
    const read = readAnswer(payload)
    if (read === undefined) return refused(badForm)
    if (given === undefined || given.signIn.expiresAt <= nowSec()) return refused(noChallenge)
    if (!checks.take(clock.monotonic()))
      return refused({ ...tooMany, retryAfter: checks.retryAfter(clock.monotonic()) })
    const { address, signature } = read
    const text = formatSignIn({ ...given.signIn, address })
    const signer = await recoverAddress(personalDigest(text), signature)
    const buyer = parts.buyer(given.buyer)
    const isSigner = signer !== undefined && formatAddress(signer) === address
    if (!isSigner || buyer?.grant.wallet !== address) return refused(notSigned)
    const token = `fps_${toHex(randomBytes(32))}`
    const expiresSec = nowSec() + walletSessionSec
    keep(hashToken(token), { buyer, expiresSec })
    const body = { v: 1, ok: true, buyer: buyer.name, token, expires: formatInstant(expiresSec) }
    return { ok: true, text: JSON.stringify(body) }
  }

  function keep(hash: string, session: WalletSession): void {
    for (const [one, { expiresSec }] of sessions) if (expiresSec <= nowSec()) sessions.delete(one)
    sessions.set(hash, session)
    const [oldest] = sessions.keys()
    if (sessions.size > walletSessionsMax && oldest !== undefined) sessions.delete(oldest)
  }

  return {
    challenge,
    answer,
    left: (client) => void challenges.delete(client),
    knows(name, token) {
      const session = sessions.get(hashToken(token))
      if (session === undefined || session.expiresSec <= nowSec()) return false
      // A buyer that was removed and added again is another one.
      return session.buyer.name === name && parts.buyer(name)?.since === session.buyer.since
    },
  }
}

const badForm: Problem = {
  type: 'bad-request',
  detail: 'Expected {"v":1,"address":"0x..","signature":"0x.."}, 20 and 65 bytes.',
}
const noChallenge: Problem = {
  type: 'unauthenticated',
  detail: 'There is no challenge for this session any more: log in again.',
}
const notSigned: Problem = {
  type: 'unauthenticated',
  detail: 'The wallet of no such buyer signed the challenge.',
}
const tooMany: Problem = { type: 'rate-limited', detail: 'Too many logins by wallet at once.' }

function refused(problem: Problem): { ok: false; text: string } {
  return { ok: false, text: JSON.stringify({ v: 1, ok: false, problem: problemJson(problem) }) }
}

function readAnswer(payload: Uint8Array): { address: string; signature: Uint8Array } | undefined {
  const value = readJson(payload)
  if (typeof value !== 'object' || value === null) return undefined
  if (Object.keys(value).sort().join() !== 'address,signature,v') return undefined
  const { v, address, signature } = value as Record<string, unknown>
  if (v !== 1 || typeof address !== 'string' || typeof signature !== 'string') return undefined
  const account = parseAddress(address)
  const bytes = /^0x[0-9a-fA-F]{130}$/.test(signature) ? fromHex(signature.slice(2)) : undefined
  return account === undefined || bytes === undefined
    ? undefined
    : { address: account, signature: bytes }
}
