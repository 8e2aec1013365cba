/** RFC 4648 section 4 base64 with padding: C2SP texts use it; everything else here is b64u. */
import { fromB64u, toB64u } from '../bytes.js'

/** Standard base64, padded. */
export function toBase64(bytes: Uint8Array): string {
  const digits = toB64u(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return digits.padEnd(Math.ceil(digits.length / 4) * 4, '=')
}

/** Strict: standard alphabet, full padding, trailing bits zero. Otherwise `undefined`. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return fromB64u(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'))
}
