/** Owners: EVM addresses (PROTOCOL 1, EIP-55). */
import { fromHex, toHex, utf8 } from '../bytes.js'
import { keccak256 } from '../crypto.js'

/**
 * An address as EIP-55 writes it. Input is `0x` and 40 hex digits in one case, or with the right
 * checksum; anything else is `undefined`.
 */
export function parseAddress(text: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined
  const digits = text.slice(2)
  const lower = digits.toLowerCase()
  const checked = formatAddress(fromHex(lower)!)
  const isOneCase = digits === lower || digits === digits.toUpperCase()
  return isOneCase || text === checked ? checked : undefined
}

/** EIP-55 text of 20 bytes. */
export function formatAddress(bytes: Uint8Array): string {
  const digits = toHex(bytes)
  const hash = toHex(keccak256(utf8(digits)))
  let text = '0x'
  for (let at = 0; at < digits.length; at++)
    text += hash[at]! >= '8' ? digits[at]!.toUpperCase() : digits[at]!
  return text
}

/** The 20 bytes of an address that `parseAddress` takes. */
export function addressBytes(text: string): Uint8Array | undefined {
  const address = parseAddress(text)
  return address === undefined ? undefined : fromHex(address.slice(2))
}
