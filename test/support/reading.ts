import { assembleSign1, type Kind, toBeSigned } from '../../gateway/core/cose/sign1.js'
import { kidOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import { encodePack, type Value } from '../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../gateway/core/senml/reading.js'

/** One temperature at a time that is no matter. */
export const someValues: readonly Value[] = [
  { metric: 'temperature', time: 1_762_000_000, value: { m: 215, e: -1 } },
]

/** A signed reading; a payload may be given as bytes, to be wrong in some way. */
export function readingOf(
  holder: KeyHolder,
  network: string,
  seq: number,
  values: readonly Value[] | Uint8Array = someValues,
  kind: Kind = 'rd',
): Uint8Array {
  const header = encodeReadingHeader({ alg: -8, kid: kidOf(holder.publicKey), seq })
  const payload = values instanceof Uint8Array ? values : encodePack(values)
  const signature = holder.sign(toBeSigned(kind, network, header, payload))
  return assembleSign1(header, payload, signature)
}
