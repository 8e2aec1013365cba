/** kid and seq of a logged reading, which outlive its body. */
import { assert } from '../../core/failure.js'
import { decodeReading } from '../../core/senml/reading.js'
import type { Stub } from './record.js'

/** Reads the header of a reading that was accepted once; anything else is a bug. */
export function identifyReading(message: Uint8Array): Pick<Stub, 'kid' | 'seq'> {
  const reading = decodeReading(message)
  assert(reading.ok, 'a logged reading is well-formed')
  const { kid, seq } = reading.value.header
  return { kid, seq }
}
