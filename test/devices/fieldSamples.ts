/** What the sketch MegaCrypto computes, with whole numbers: the field of Ed25519 on pairs of them. */
const bytes = 32
const below255 = (1n << 255n) - 1n
const twicePrime = (1n << 256n) - 38n

export class FieldSamples {
  #state = 1
  #check = 0

  /** The check value over so many pairs. */
  check(pairs: number): number {
    this.#check = 2_166_136_261
    for (let i = 0; i < pairs; i++) {
      const a = this.#number()
      const b = this.#number()
      const product = a * b
      const half = 1n << 256n
      const product38 = fold((product % half) + 38n * (product / half))
      this.#add(product38)
      this.#add(fold(a + b))
      const difference = fold(a + twicePrime - b)
      this.#add(difference)
      this.#add((this.#next() & 1) === 1 ? a : difference)
    }
    return this.#check
  }

  #next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 8) & 0xff
  }

  #number(): bigint {
    const kind = this.#next() & 7
    const made = Array.from({ length: bytes }, (_, i) => {
      const byte = this.#next()
      if (kind < 2) return (byte & 1) === 1 ? 255 : 0
      if (kind === 2) return 255
      return kind === 3 && i >= 2 ? 0 : byte
    })
    if (kind === 3) {
      made[1]! &= 15
      made[31] = 128
    } else made[31]! &= 127
    return made.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n)
  }

  #add(value: bigint): void {
    for (let i = 0; i < bytes; i++) {
      const byte = Number((value >> BigInt(8 * i)) & 0xffn)
      this.#check = Math.imul(this.#check ^ byte, 16_777_619) >>> 0
    }
  }
}

/** What is above 2^255 counts 19 times at the bottom; once, so that numbers stay a little above it. */
function fold(value: bigint): bigint {
  return (value & below255) + 19n * (value >> 255n)
}
