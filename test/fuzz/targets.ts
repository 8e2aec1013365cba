/**
 * What is fuzzed: every parser of core that reads what others wrote. A target takes bytes, returns
 * what became of them in a few words (equal words: equal fate), and throws where a promise is broken.
 */
import { fromB64u, toB64u, toHex } from '../../gateway/core/bytes.js'
import { decode, encode } from '../../gateway/core/cbor/codec.js'
import { walk } from '../../gateway/core/cbor/walk.js'
import { parseHeader } from '../../gateway/core/cose/header.js'
import { assembleSign1, parseSign1 } from '../../gateway/core/cose/sign1.js'
import { parseAdmission } from '../../gateway/core/device/admission.js'
import { parseConnectToken } from '../../gateway/core/device/connect.js'
import { parseConfiguration, parseReceipt, parseTime } from '../../gateway/core/device/downlink.js'
import { parseEnrolment } from '../../gateway/core/device/enrolment.js'
import { parseRotation, parseSelfRevocation } from '../../gateway/core/device/rotation.js'
import { LineGuard } from '../../gateway/core/frame/lineGuard.js'
import { formatSentence, parseLine } from '../../gateway/core/frame/sentence.js'
import { formatAddCheckpoint, parseAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { parseCheckpoint } from '../../gateway/core/log/checkpoint.js'
import { epochJson, parseEpoch, parseEpochJson } from '../../gateway/core/log/epoch.js'
import { openFork } from '../../gateway/core/log/fork.js'
import { parseNote } from '../../gateway/core/log/note.js'
import { parsePolicy } from '../../gateway/core/log/policy.js'
import { parseTile } from '../../gateway/core/log/tile.js'
import { isPacked, openProofFile, packProof } from '../../gateway/core/proof/packed.js'
import { parseProofFile } from '../../gateway/core/proof/proofForm.js'
import { formatRow, parseRow } from '../../gateway/core/rewards/statement.js'
import { toNumber } from '../../gateway/core/senml/decimal.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import { formatInstant, parseDuration, parseInstant } from '../../gateway/core/time.js'
import { isFilter, matches, parseTopic } from '../../gateway/core/topic.js'
import type { Result } from '../../gateway/core/verdict.js'
import { oracleDecode } from '../support/cborOracle.js'
import { mutated, type Random } from '../support/random.js'
import { oracleReading } from '../support/readingOracle.js'
import * as seeds from './seeds.js'

export interface Target {
  name: string
  seeds: readonly Uint8Array[]
  /** `accepted`, or a refusal in words. */
  run(input: Uint8Array): string
  /** A changed copy; bytes are changed anywhere where this is not given. */
  mutate?(input: Uint8Array, random: Random): Uint8Array
}

/** Changes header or payload and fits the lengths around them, or changes bytes anywhere. */
function mutatedMessage(input: Uint8Array, random: Random): Uint8Array {
  const parsed = parseSign1(input)
  if (!parsed.ok || random.below(4) === 0) return mutated(input, random)
  const { protectedBytes, payload, signature } = parsed.value
  return random.below(4) === 0
    ? assembleSign1(mutated(protectedBytes, random), payload, signature)
    : assembleSign1(protectedBytes, mutated(payload, random), signature)
}

function promise(condition: boolean, what: string): void {
  if (!condition) throw new Error(`broken promise: ${what}`)
}

function fate(result: Result<unknown>): string {
  return result.ok ? 'accepted' : `${result.reason}: ${result.detail}`
}

function text(input: Uint8Array): string {
  return Buffer.from(input).toString('latin1')
}

function isOracleItem(input: Uint8Array): boolean {
  try {
    oracleDecode(input)
    return true
  } catch {
    return false
  }
}

/** A parser of signed messages: it must refuse what `parseSign1` refuses. */
function messageTarget(
  name: string,
  inputs: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => Result<unknown>,
): Target {
  return {
    name,
    seeds: inputs,
    mutate: mutatedMessage,
    run(input) {
      const result = parse(input)
      promise(!result.ok || parseSign1(input).ok, 'a parsed message is COSE_Sign1')
      return fate(result)
    },
  }
}

const cbor: Target = {
  name: 'cbor',
  seeds: seeds.cborItems,
  run(input) {
    const fault = walk(input)
    promise((fault === undefined) === isOracleItem(input), 'walk agrees with a second decoder')
    const decoded = decode(input)
    promise(decoded.ok === (fault === undefined), 'decode takes what walk takes')
    if (decoded.ok) promise(toHex(encode(decoded.value)) === toHex(input), 'one encoding per value')
    return fault ?? 'accepted'
  },
}

const sign1: Target = {
  name: 'sign1',
  seeds: seeds.readings,
  mutate: mutatedMessage,
  run(input) {
    const parsed = parseSign1(input)
    if (!parsed.ok) return fate(parsed)
    const { protectedBytes, payload, signature } = parsed.value
    const again = assembleSign1(protectedBytes, payload, signature)
    promise(toHex(again) === toHex(input), 'the parts are the whole message')
    return fate(parsed)
  },
}

const header: Target = {
  name: 'header',
  seeds: seeds.headers,
  run: (input) => `${fate(parseHeader(input))}, ${fate(parseHeader(input, 'fp-enrol+cwt'))}`,
}

const reading: Target = {
  name: 'reading',
  seeds: seeds.readings,
  mutate: mutatedMessage,
  run(input) {
    const read = decodeReading(input)
    const expected = oracleReading(input)
    promise((read.ok ? undefined : read.reason) === expected.reason, 'a second reader agrees')
    if (read.ok)
      for (const { value } of read.value.values)
        promise(Number.isFinite(toNumber(value)), 'every value is a number')
    return fate(read)
  },
}

const sentence: Target = {
  name: 'sentence',
  seeds: seeds.lines,
  run(input) {
    const line = parseLine(text(input))
    if (line.kind === 'log') return 'log'
    if (line.kind === 'bad') return `${line.reason} ${line.type} ${line.ls !== undefined}`
    const again = formatSentence(line.type, line.fields).trimEnd()
    promise(text(input).endsWith(again), 'a sentence has one form')
    return 'accepted'
  },
}

const lineGuard: Target = {
  name: 'lines',
  seeds: seeds.streams,
  run(input) {
    const whole = new LineGuard().push(input)
    const guard = new LineGuard()
    const cut = Math.min(input.length, (input[0] ?? 0) + 1)
    const parts = [...guard.push(input.subarray(0, cut)), ...guard.push(input.subarray(cut))]
    promise(JSON.stringify(parts) === JSON.stringify(whole), 'chunks make no difference')
    for (const line of whole) promise(line.length <= 2_100, 'a line is bounded')
    return whole.length === 0 ? 'no line' : 'accepted'
  },
}

const b64u: Target = {
  name: 'b64u',
  seeds: seeds.texts,
  run(input) {
    const bytes = fromB64u(text(input))
    if (bytes === undefined) return 'refused'
    promise(toB64u(bytes) === text(input), 'one text per byte string')
    return 'accepted'
  },
}

const times: Target = {
  name: 'time',
  seeds: seeds.times,
  run(input) {
    const instant = parseInstant(text(input))
    if (instant !== undefined)
      promise(formatInstant(instant) === text(input), 'one text per instant')
    const duration = parseDuration(text(input))
    if (duration !== undefined) promise(Number.isSafeInteger(duration), 'whole seconds')
    return instant === undefined && duration === undefined ? 'refused' : 'accepted'
  },
}

const topics: Target = {
  name: 'topic',
  seeds: seeds.topics,
  run(input) {
    const topic = parseTopic(text(input))
    if (topic === undefined) return isFilter(text(input)) ? 'a filter' : 'refused'
    promise(matches(text(input), text(input)), 'a topic matches itself')
    return `accepted ${topic.kind}`
  },
}

const epoch: Target = {
  name: 'epoch',
  seeds: seeds.epochs,
  mutate: mutatedMessage,
  run(input) {
    const parsed = parseEpoch(input)
    if (!parsed.ok) return fate(parsed)
    const again = parseEpochJson(epochJson(parsed.value, input))
    promise(again.ok, 'the published form of a record is read back')
    return fate(parsed)
  },
}

const row: Target = {
  name: 'row',
  seeds: seeds.rows,
  run(input) {
    const parsed = parseRow(utf8Text(input))
    if (parsed.ok) promise(formatRow(parsed.value) === utf8Text(input), 'a row has one form')
    return fate(parsed)
  },
}

/** Every target, in the order of the table. */
/** A map of CBOR is a packed file or refused; what is accepted has no other form. */
function packedProof(input: Uint8Array): string {
  const opened = openProofFile(input)
  if (opened.ok && isPacked(input)) {
    const again = packProof(opened.value)
    promise(again.ok && toHex(again.value) === toHex(input), 'a packed file has one form')
  }
  return fate(opened)
}

export const targets: readonly Target[] = [
  cbor,
  sign1,
  header,
  reading,
  messageTarget('enrolment', seeds.enrolments, parseEnrolment),
  messageTarget('rotation', seeds.rotations, parseRotation),
  messageTarget('revocation', seeds.revocations, parseSelfRevocation),
  messageTarget('admission', seeds.admissions, parseAdmission),
  messageTarget('downlink', seeds.downlinks, (bytes) => {
    const results = [parseTime(bytes), parseConfiguration(bytes), parseReceipt(bytes)]
    promise(results.filter(({ ok }) => ok).length <= 1, 'a downlink is of one kind')
    return results.find(({ ok }) => ok) ?? results[0]!
  }),
  epoch,
  row,
  {
    name: 'connect',
    seeds: seeds.passwords,
    run: (input) => fate(parseConnectToken(text(input))),
  },
  sentence,
  lineGuard,
  b64u,
  times,
  topics,
  { name: 'note', seeds: seeds.notes, run: (input) => fate(parseNote(utf8Text(input))) },
  {
    name: 'add-checkpoint',
    seeds: seeds.requests,
    run: (input) => {
      const parsed = parseAddCheckpoint(utf8Text(input))
      promise(
        !parsed.ok || formatAddCheckpoint(parsed.value) === utf8Text(input),
        'a request has one text',
      )
      return fate(parsed)
    },
  },
  { name: 'policy', seeds: seeds.policies, run: (input) => fate(parsePolicy(utf8Text(input))) },
  // The signatures are good whatever stands there: what is behind them is to be reached.
  { name: 'fork', seeds: seeds.forks, run: (input) => fate(openFork(utf8Text(input), () => true)) },
  {
    name: 'checkpoint',
    seeds: seeds.checkpoints,
    run: (input) => fate(parseCheckpoint(utf8Text(input))),
  },
  { name: 'proof', seeds: seeds.proofs, run: (input) => fate(parseProofFile(utf8Text(input))) },
  { name: 'packed proof', seeds: seeds.packedProofs, run: packedProof },
  {
    name: 'tile',
    seeds: seeds.tiles,
    run: (input) => (parseTile(text(input)) === undefined ? 'refused' : 'accepted'),
  },
]

function utf8Text(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8')
}
