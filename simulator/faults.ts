/**
 * Faults on purpose. Each one knows the verdict that the protocol gives it (PROTOCOL 2.2), so a run
 * can tell a gateway that refuses for the wrong reason.
 */
import { concat } from '../gateway/core/bytes.js'
import { encode } from '../gateway/core/cbor/codec.js'
import { absoluteTimeMin, ageSecMax, messageBytesMax, skewSecMax } from '../gateway/core/limits.js'
import { metricByName } from '../gateway/core/metric.js'
import { encodePack, type Value } from '../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../gateway/core/senml/reading.js'
import type { Verdict } from '../gateway/core/verdict.js'
import { itemOf, sealBytes, sealReading, type VirtualDevice } from './device.js'
import { deviceKey } from './key.js'
import { malformedMessage } from './malformed.js'
import type { Item } from './outbox.js'
import type { Random } from './random.js'

/** What a fault is made from. */
export interface FaultContext {
  device: VirtualDevice
  random: Random
  nowSec: number
  /** An honest sample at this second. */
  sample(): Value[]
}

interface FaultBase {
  /** One line for `--help` and the final table. */
  what: string
  expect: Verdict
  /** False where a serial line cannot carry it. */
  serial: boolean
}

export type Fault =
  /** A message of its own; `undefined` where it cannot be made yet and is tried again later. */
  | (FaultBase & { kind: 'forge'; make(context: FaultContext): Item | undefined })
  /** An honest message with changed values; still accepted. */
  | (FaultBase & { kind: 'distort'; distort(values: Value[], context: FaultContext): Value[] })
  /** Something happens to the link; what was in flight is sent again. */
  | (FaultBase & { kind: 'link'; act: 'drop' | 'disturb' })

/** Sequences below the newest that are certainly inside the window when the fault arrives. */
const nearSeqs = 16
/** Sequences from the highest accepted one to the end of the window (PROTOCOL 2.2). */
const windowSeqs = 64

function forge(
  what: string,
  expect: Verdict,
  make: (context: FaultContext) => Item | undefined,
): Fault {
  return { kind: 'forge', what, expect, serial: true, make }
}

function fresh(name: string, expect: Verdict, bytes: (seq: number) => Uint8Array, seq: number) {
  return itemOf(seq, bytes(seq), [], expect, name)
}

function shifted(values: readonly Value[], seconds: number): Value[] {
  return values.map((value) => ({ ...value, time: value.time + seconds }))
}

/** A newly accepted message that no later one has pushed towards the end of the window. */
function target({ device, random }: FaultContext): Item | undefined {
  const { outbox } = device
  const near = outbox.recent.filter((item) => device.nextSeq - item.seq <= nearSeqs)
  return near.length > 0 ? random.pick(near) : undefined
}

function badTime(name: string, what: string, move: (context: FaultContext) => number): Fault {
  return forge(what, 'bad-time', (context) => {
    const { device } = context
    const values = shifted(context.sample(), move(context))
    return fresh(name, 'bad-time', (seq) => device.seal(seq, values), device.takeSeq())
  })
}

const forged = {
  'bad-signature': forge('one bit of the signature is flipped', 'bad-signature', (context) => {
    const { device, random } = context
    const flipped = (seq: number): Uint8Array => {
      const bytes = device.seal(seq, context.sample())
      bytes[bytes.length - 1 - random.below(64)]! ^= 1 << random.below(8)
      return bytes
    }
    return fresh('bad-signature', 'bad-signature', flipped, device.takeSeq())
  }),
  'wrong-network': forge('signed for another network', 'bad-signature', (context) => {
    const { device } = context
    const payload = encodePack(context.sample())
    const elsewhere = `${device.profile.network.slice(0, 24)}-other`
    const seal = (seq: number): Uint8Array => sealReading(device.key, elsewhere, seq, payload)
    return fresh('wrong-network', 'bad-signature', seal, device.takeSeq())
  }),
  'unknown-device': forge(
    'signed by a key that was never enrolled',
    'unknown-device',
    (context) => {
      const { device, random } = context
      const stranger = deviceKey(device.profile.seed, `stranger ${random.next()}`, 'noble')
      const payload = encodePack(context.sample())
      const seal = (seq: number): Uint8Array =>
        sealReading(stranger, device.profile.network, seq, payload)
      return fresh('unknown-device', 'unknown-device', seal, device.takeSeq())
    },
  ),
  replay: forge('a sequence from before the window, with new content', 'replayed', (context) => {
    const { device, random } = context
    const { highest } = device.outbox
    if (highest === undefined || highest < 2 * windowSeqs) return undefined
    const seq = highest - windowSeqs - random.below(windowSeqs)
    return fresh('replay', 'replayed', () => device.seal(seq, context.sample()), seq)
  }),
  duplicate: forge('the bytes of an accepted message once more', 'accepted', (context) => {
    const item = target(context)
    return item && { ...itemOf(item.seq, item.bytes, [], 'accepted', 'duplicate') }
  }),
  equivocation: forge('other content under an accepted sequence', 'equivocation', (context) => {
    const item = target(context)
    if (item === undefined) return undefined
    const values = context.sample().map((value) => otherThan(value))
    const bytes = context.device.seal(item.seq, values)
    return itemOf(item.seq, bytes, [], 'equivocation', 'equivocation')
  }),
  malformed: forge('CBOR, COSE or header of the wrong shape', 'malformed', (context) => {
    const { device, random } = context
    const bytes = (seq: number): Uint8Array =>
      malformedMessage(device, seq, context.sample(), random)
    return fresh('malformed', 'malformed', bytes, device.takeSeq())
  }),
  garbage: forge('random bytes', 'malformed', ({ device, random }) =>
    fresh('garbage', 'malformed', () => random.bytes(1 + random.below(300)), device.takeSeq()),
  ),
  'out-of-range': forge('a value that the metric cannot have', 'out-of-profile', (context) => {
    const { device, random } = context
    const [first] = context.sample()
    const { min, max } = metricByName(first!.metric)!
    const m = random.below(2) === 0 ? max + 1 + random.below(1_000) : min - 1 - random.below(1_000)
    const values = [{ ...first!, value: { m, e: 0 } }]
    return fresh(
      'out-of-range',
      'out-of-profile',
      (seq) => device.seal(seq, values),
      device.takeSeq(),
    )
  }),
  'wrong-unit': forge('a unit that is not the metric’s', 'out-of-profile', ({ device, nowSec }) => {
    const record = new Map<number, number | string>([
      [-3, nowSec],
      [0, 't'],
      [1, 'K'],
      [2, 294],
    ])
    const payload = encode([record])
    const seal = (seq: number): Uint8Array =>
      sealBytes(
        device.key,
        device.profile.network,
        encodeReadingHeader({ alg: -8, kid: device.key.kid, seq }),
        payload,
      )
    return fresh('wrong-unit', 'out-of-profile', seal, device.takeSeq())
  }),
  future: badTime(
    'future',
    'more than two minutes ahead',
    ({ random }) => skewSecMax + 60 + random.below(ageSecMax),
  ),
  old: badTime(
    'old',
    'more than seven days old',
    ({ random }) => -(ageSecMax + 60 + random.below(ageSecMax)),
  ),
  'relative-time': badTime(
    'relative-time',
    'a time below 2^28, as a board without a clock sends it',
    ({ nowSec, random }) => random.below(absoluteTimeMin - 3_600) + 3_600 - nowSec,
  ),
} satisfies Record<string, Fault>

const others = {
  oversize: {
    kind: 'forge',
    what: 'longer than 2,048 bytes',
    expect: 'malformed',
    // A serial line ends at 1,024 characters: there it would be a frame error.
    serial: false,
    make: ({ device, random, sample }) => {
      const seal = (seq: number): Uint8Array => {
        const honest = device.seal(seq, sample())
        return concat(honest, random.bytes(messageBytesMax + 1 + random.below(512) - honest.length))
      }
      return fresh('oversize', 'malformed', seal, device.takeSeq())
    },
  },
  'clock-skew': {
    kind: 'distort',
    what: 'a clock up to 100 s ahead, inside what is allowed',
    expect: 'accepted',
    serial: true,
    distort: (values, { random }) => shifted(values, 1 + random.below(skewSecMax - 20)),
  },
  spike: {
    kind: 'distort',
    what: 'a jump within the metric’s range',
    expect: 'accepted',
    serial: true,
    distort: (values) => values.map(atBound),
  },
  flatline: {
    kind: 'distort',
    what: 'the same values for the next twenty messages',
    expect: 'accepted',
    serial: true,
    distort: (values) => values,
  },
  'drop-connection': {
    kind: 'link',
    what: 'the link breaks; what was in flight is sent again',
    expect: 'accepted',
    serial: true,
    act: 'drop',
  },
  'line-noise': {
    kind: 'link',
    what: 'noise and a damaged line on the wire (serial only)',
    expect: 'accepted',
    serial: true,
    act: 'disturb',
  },
} satisfies Record<string, Fault>

/** Every fault by name. */
export const faults: Readonly<Record<string, Fault>> = { ...forged, ...others }

export type FaultName = keyof typeof forged | keyof typeof others

/** Every name, for help texts. */
export const faultNames: readonly string[] = Object.keys(faults)

/** Messages that a flat line lasts; PROTOCOL 6.5 calls twelve equal values flat. */
export const flatlineMessages = 20

/** The same metric and second with another value in range. */
function otherThan(value: Value): Value {
  const { max } = metricByName(value.metric)!
  return { ...value, value: { m: max - 1 - (value.value.m === max - 1 ? 1 : 0), e: 0 } }
}

/** The value at the end of the range that is further away. */
function atBound(value: Value): Value {
  const { min, max } = metricByName(value.metric)!
  const middle = (min + max) / 2
  const m = value.value.m * 10 ** value.value.e > middle ? min : max
  return { ...value, value: { m, e: 0 } }
}

/** Names of a comma-separated list that are no faults. */
export function unknownFaults(names: readonly string[]): string[] {
  return names.filter((name) => !Object.hasOwn(faults, name))
}
