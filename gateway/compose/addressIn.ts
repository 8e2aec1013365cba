import { parseAddress } from '../core/device/address.js'
import { Failure } from '../core/failure.js'

/**
 * The account that the configuration names at `path`, EIP-55. Throws Failure('config') where it has a
 * wrong checksum: its form has been checked when the configuration was read. Part of the composition
 * root.
 */
export function addressIn(path: string, text: string): string {
  const address = parseAddress(text)
  if (address !== undefined) return address
  throw new Failure(
    'config',
    `${path} ${text} has a wrong checksum (EIP-55): copy it again, or write it in lower case`,
  )
}
