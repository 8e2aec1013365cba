/**
 * The text that a wallet signs to log in (EIP-4361), and the digest that it signs (EIP-191). Only the
 * form that a gateway writes is read: no other order, no field more or less.
 */
import { concat, utf8 } from '../bytes.js'
import { keccak256 } from '../crypto.js'
import { parseAddress } from '../device/address.js'
import { formatInstant, parseInstant } from '../time.js'
import { accept, type Result, refuse } from '../verdict.js'

export interface SignIn {
  /** Who asks: `<gatewayId>.<network>`. */
  readonly domain: string
  /** EIP-55. */
  readonly address: string
  /** One line for the person. */
  readonly statement: string
  readonly uri: string
  readonly chainId: number
  /** At least 8 letters and digits, used once. */
  readonly nonce: string
  /** Unix seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Client id of the session that asks. */
  readonly requestId: string
}

/** The text, lines ended by LF but the last. */
export function formatSignIn(signIn: SignIn): string {
  const { domain, address, statement, uri, chainId, nonce, issuedAt, expiresAt } = signIn
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    address,
    '',
    statement,
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${formatInstant(issuedAt)}`,
    `Expiration Time: ${formatInstant(expiresAt)}`,
    `Request ID: ${signIn.requestId}`,
  ].join('\n')
}

const form =
  /^(?<domain>[a-z0-9.-]{1,255}) wants you to sign in with your Ethereum account:\n(?<address>0x[0-9a-fA-F]{40})\n\n(?<statement>[ -~]{1,512})\n\nURI: (?<uri>[!-~]{1,512})\nVersion: 1\nChain ID: (?<chainId>[1-9][0-9]{0,15})\nNonce: (?<nonce>[A-Za-z0-9]{8,64})\nIssued At: (?<issuedAt>\S{20})\nExpiration Time: (?<expiresAt>\S{20})\nRequest ID: (?<requestId>[!-~]{1,64})$/

/** Reads the text; `malformed` for any other form, and for an address with a wrong checksum. */
export function parseSignIn(text: string): Result<SignIn> {
  const found = form.exec(text)?.groups
  if (found === undefined) return refuse('malformed', 'not the text of a login to a gateway')
  const [issuedAt, expiresAt] = [parseInstant(found.issuedAt!), parseInstant(found.expiresAt!)]
  if (issuedAt === undefined || expiresAt === undefined || expiresAt <= issuedAt)
    return refuse('malformed', 'its times are none, or it has run out before it began')
  if (parseAddress(found.address!) !== found.address)
    return refuse('malformed', 'the address is not written as EIP-55 has it')
  const chainId = Number(found.chainId)
  if (!Number.isSafeInteger(chainId)) return refuse('malformed', 'no chain has that id')
  const { domain, address, statement, uri, nonce, requestId } = found as Record<string, string>
  const texts = { domain, address, statement, uri, nonce, requestId } as Omit<
    SignIn,
    'chainId' | 'issuedAt' | 'expiresAt'
  >
  return accept({ ...texts, chainId, issuedAt, expiresAt })
}

/** What `personal_sign` signs of a text: keccak256(19 "Ethereum Signed Message:\n" length || text). */
export function personalDigest(text: string): Uint8Array {
  const bytes = utf8(text)
  return keccak256(concat(utf8(`\u0019Ethereum Signed Message:\n${bytes.length}`), bytes))
}
