/** What a board says of itself in `$FPHI` (PROTOCOL 4). Nothing in it is signed. */
export interface Hello {
  device: string
  model: string
  firmware: string
  bootCount: number
  nextSeq: number
  /** `rd en tq cf rc`, and whatever later versions add. */
  caps: ReadonlySet<string>
}

/** The fields of an `$FPHI` whose form `parseLine` has found good, version first. */
export function helloOf(fields: readonly string[]): Hello {
  const [, device, model, firmware, bootCount, nextSeq, caps] = fields
  return {
    device: device!,
    model: model!,
    firmware: firmware!,
    bootCount: Number(bootCount),
    nextSeq: Number(nextSeq),
    caps: new Set(caps!.split('+')),
  }
}
