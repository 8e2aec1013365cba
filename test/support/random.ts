/** A small seeded generator (mulberry32), so that a failing run can be repeated from its seed. */
export interface Random {
  /** Integer in [0, below). */
  below(below: number): number
  bytes(length: number): Uint8Array
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return { below, bytes: (length) => Uint8Array.from({ length }, () => below(256)) }
}

/** A changed copy: bits, bytes, cuts, insertions and repetitions, one to three of them. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Uint8Array.from(bytes)
  for (let i = 1 + random.below(3); i > 0; i--) out = mutatedOnce(out, random)
  return out
}

function mutatedOnce(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(bytes)
  const at = random.below(out.length + 1)
  switch (random.below(6)) {
    case 0:
      if (at < out.length) out[at]! ^= 1 << random.below(8)
      return out
    case 1:
      if (at < out.length) out[at] = random.below(256)
      return out
    case 2:
      return out.slice(0, at)
    case 3:
      return Uint8Array.of(
        ...out.slice(0, at),
        ...random.bytes(1 + random.below(4)),
        ...out.slice(at),
      )
    case 4:
      return Uint8Array.of(...out.slice(0, at), ...out.slice(at + 1 + random.below(4)))
    default:
      return Uint8Array.of(...out.slice(0, at), ...out.slice(random.below(out.length + 1)))
  }
}
