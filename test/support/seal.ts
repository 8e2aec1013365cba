/** Signed messages of any kind that are wrong in exactly one place. For what no honest encoder writes. */
import { type Kind, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { kidOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import { array, bstr, hex, int, map, tag, tstr } from '../../schemas/vectors/raw.js'

export interface HeaderParts {
  /** Encoded value of label 1; -8 where absent. */
  alg?: Uint8Array
  kid: Uint8Array
  /** Parameter 16; none where absent. */
  typ?: string
}

/** A protected header of every kind but `rd`. */
export function headerOf({ alg = int(-8), kid, typ }: HeaderParts): Uint8Array {
  const type = typ === undefined ? [] : [int(16), tstr(typ)]
  return map(int(1), alg, int(4), bstr(kid), ...type)
}

export interface SealParts {
  kind: Kind
  network: string
  /** Who signs. */
  holder: KeyHolder
  payload: Uint8Array
  /** Goes into the header that is made where `protectedBytes` is absent. */
  typ?: string
  protectedBytes?: Uint8Array
  /** Encoded unprotected header; an empty map where absent. */
  unprotected?: Uint8Array
}

/** A COSE_Sign1 whose signature is good over whatever stands in it. */
export function seal({ kind, network, holder, payload, typ, ...parts }: SealParts): Uint8Array {
  const kid = kidOf(holder.publicKey)
  const protectedBytes =
    parts.protectedBytes ?? headerOf(typ === undefined ? { kid } : { kid, typ })
  const signature = holder.sign(toBeSigned(kind, network, protectedBytes, payload))
  const unprotected = parts.unprotected ?? hex('a0')
  return tag(18, array(bstr(protectedBytes), unprotected, bstr(payload), bstr(signature)))
}
