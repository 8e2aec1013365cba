/**
 * The packed form of a proof file (schemas/proof.md): the same file in deterministic CBOR, without
 * what follows from the rest of it, for where every byte counts. JSON stays the form that is checked.
 */
import { concat, equal, fromB64u, fromHex, toB64u, toHex } from '../bytes.js'
import { type CborMap, type CborValue, decode, encode } from '../cbor/codec.js'
import { formatAddress } from '../device/address.js'
import { deviceIdOf } from '../device/key.js'
import { bytesClaim, integerClaim } from '../device/message.js'
import { canonicalJson, type Json } from '../json.js'
import { proofFileBytesMax } from '../limits.js'
import { hashBytes } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { recordOf } from './epochLinks.js'
import { headOf } from './logLinks.js'
import { packRow, unpackRow } from './packedRow.js'
import type { ProofFile, SettledParts } from './proofFile.js'
import { parseProofFile } from './proofForm.js'

const keys = {
  network: 1,
  gatewayKey: 2,
  message: 3,
  deviceKey: 4,
  rotations: 5,
  firstKey: 6,
  logIndex: 7,
  logPath: 8,
  checkpoint: 9,
  record: 10,
  recordPath: 11,
  row: 12,
  rowIndex: 13,
  rowPath: 14,
  readingIndex: 15,
  readingPath: 16,
  token: 17,
  cumulative: 18,
  payoutProof: 19,
} as const

type Name = keyof typeof keys

/** Whether bytes are a packed file: those of JSON never begin with a CBOR map. */
export function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] !== undefined && bytes[0] >> 5 === 5
}

/** `malformed` for a file that would not come back the same: then one of its links is broken. */
export function packProof(file: ProofFile): Result<Uint8Array> {
  const packed = encode(mapOf(file))
  const again = unpackProof(packed)
  return again.ok && textOf(again.value) === textOf(file)
    ? accept(packed)
    : refuse('malformed', 'the file cannot be packed: verify it')
}

function textOf(file: ProofFile): string {
  return canonicalJson(file as unknown as Json)
}

/** A proof file of either form; text is JSON. The form is checked, the links are not. */
export function openProofFile(input: string | Uint8Array): Result<ProofFile> {
  if (typeof input === 'string') return parseProofFile(input)
  return isPacked(input) ? unpackProof(input) : parseProofFile(new TextDecoder().decode(input))
}

function mapOf({ network, gateway, message, device, log, ...settled }: ProofFile): CborMap {
  const values: [Name, CborValue | undefined][] = [
    ['network', network],
    ['gatewayKey', bytesOf(gateway.key)],
    ['message', bytesOf(message)],
    ['deviceKey', bytesOf(device.key)],
    ['rotations', device.rotations.length > 0 ? device.rotations.map(bytesOf) : undefined],
    ['firstKey', device.first === undefined ? undefined : bytesOf(device.first)],
    ['logIndex', log.index],
    ['logPath', concat(...log.path.map(bytesOf))],
    ['checkpoint', log.checkpoint],
  ]
  const { epoch, contribution, reward } = settled
  if (epoch && contribution) {
    const { row, index, path, reading } = contribution
    const own = epoch.path.slice(0, epoch.path.length - sharedTail(epoch.path, log.path))
    values.push(
      ['record', bytesOf(epoch.record)],
      ['recordPath', concat(...own.map(bytesOf))],
      ['row', packRow(row)],
      ['rowIndex', index],
      ['rowPath', concat(...path.map(bytesOf))],
      ['readingIndex', reading?.index],
      ['readingPath', reading && concat(...reading.path.map(bytesOf))],
    )
  }
  if (reward)
    values.push(
      ['token', hexBytes(reward.token)],
      ['cumulative', reward.cumulative],
      ['payoutProof', concat(...reward.proof.map(hexBytes))],
    )
  const given = values.filter((pair): pair is [Name, CborValue] => pair[1] !== undefined)
  return new Map(given.map(([name, value]) => [keys[name], value]))
}

/** What is no b64u becomes empty, and then does not come back the same. */
function bytesOf(text: string): Uint8Array {
  return fromB64u(text) ?? new Uint8Array(0)
}

function hexBytes(text: string): Uint8Array {
  return fromHex(text.slice(2)) ?? new Uint8Array(0)
}

/** Two paths in one tree end in the same hashes above the node where they meet. */
function sharedTail(a: readonly string[], b: readonly string[]): number {
  let shared = 0
  while (shared < Math.min(a.length, b.length) && a.at(-1 - shared) === b.at(-1 - shared)) shared++
  return shared
}

/** The file of packed bytes; `malformed` where they are none. Its links are not checked. */
function unpackProof(bytes: Uint8Array): Result<ProofFile> {
  if (bytes.length > proofFileBytesMax) return refuse('malformed', 'the file is too long')
  const decoded = decode(bytes)
  if (!decoded.ok) return refuse('malformed', `the packed file is no CBOR: ${decoded.detail}`)
  const map = decoded.value
  const log = map instanceof Map ? logPartsOf(map) : undefined
  if (!(map instanceof Map) || log === undefined)
    return refuse('malformed', 'the packed file lacks a field')
  const settled = map.has(keys.record) ? settledOf(map, log) : {}
  if (settled === undefined)
    return refuse('malformed', 'the packed file lacks a field of its epoch')
  const file = parseProofFile(JSON.stringify({ ...log, ...settled }))
  if (!file.ok) return file
  // Fields that nobody asked for and what can be left out make it another text.
  return equal(encode(mapOf(file.value)), bytes)
    ? file
    : refuse('malformed', 'the packed file is not in its one form')
}

function byteString(map: CborMap, name: Name): Uint8Array | undefined {
  return bytesClaim(map, keys[name], 0, proofFileBytesMax)
}

function count(map: CborMap, name: Name): number | undefined {
  return integerClaim(map, keys[name], 0, Number.MAX_SAFE_INTEGER)
}

function word(map: CborMap, name: Name): string | undefined {
  const value = map.get(keys[name])
  return typeof value === 'string' ? value : undefined
}

/** Hashes that stand side by side. */
function hashes(map: CborMap, name: Name): Uint8Array[] | undefined {
  const bytes = byteString(map, name)
  if (bytes === undefined || bytes.length % hashBytes !== 0) return undefined
  return Array.from({ length: bytes.length / hashBytes }, (_, i) =>
    bytes.subarray(i * hashBytes, (i + 1) * hashBytes),
  )
}

function logPartsOf(map: CborMap): ProofFile | undefined {
  const [network, checkpoint] = [word(map, 'network'), word(map, 'checkpoint')]
  const [gatewayKey, key] = [byteString(map, 'gatewayKey'), byteString(map, 'deviceKey')]
  const [message, index] = [byteString(map, 'message'), count(map, 'logIndex')]
  const path = hashes(map, 'logPath')
  if (network === undefined || checkpoint === undefined || path === undefined) return undefined
  if (gatewayKey?.length !== 32 || key?.length !== 32) return undefined
  if (message === undefined || index === undefined) return undefined
  const head = headOf(checkpoint)
  const rotations = rotationsOf(map)
  const first = byteString(map, 'firstKey')
  if (!head.ok || rotations === undefined) return undefined
  if (first !== undefined && first.length !== 32) return undefined
  return {
    v: 1,
    network,
    gateway: { id: deviceIdOf(gatewayKey), key: toB64u(gatewayKey) },
    kind: 'reading',
    message: toB64u(message),
    device: {
      id: deviceIdOf(first ?? key),
      key: toB64u(key),
      rotations: rotations.map(toB64u),
      ...(first && { first: toB64u(first) }),
    },
    log: { index, size: head.value.size, path: path.map(toB64u), checkpoint },
  }
}

function rotationsOf(map: CborMap): Uint8Array[] | undefined {
  const list = map.get(keys.rotations)
  if (list === undefined) return []
  if (!Array.isArray(list)) return undefined
  const found = list.filter((one) => one instanceof Uint8Array)
  return found.length === list.length && found.length > 0 ? found : undefined
}

function settledOf(map: CborMap, { device, log }: ProofFile): SettledParts | undefined {
  const record = toB64u(byteString(map, 'record') ?? new Uint8Array(0))
  const epoch = recordOf({ n: 0, record, index: 0, path: [] })
  const [own, index] = [hashes(map, 'recordPath'), count(map, 'rowIndex')]
  const path = hashes(map, 'rowPath')
  if (!epoch.ok || own === undefined || index === undefined || path === undefined) return undefined
  const { n, endIndex, contribCount, rewardRoot } = epoch.value
  const row = unpackRow(map.get(keys.row), device.id, n)
  if (row === undefined) return undefined
  const length = pathLength(endIndex, log.size)
  const shared = length - own.length
  if (shared < 0 || shared > log.path.length) return undefined
  const tail = log.path.slice(log.path.length - shared)
  const reading = readingOf(map, row.accepted)
  const reward = rewardOf(map, row.owner, rewardRoot)
  return {
    epoch: { n, record, index: endIndex, path: [...own.map(toB64u), ...tail] },
    contribution: {
      row,
      index,
      size: contribCount,
      path: path.map(toB64u),
      ...(reading && { reading }),
    },
    ...(reward && { reward }),
  }
}

/** Hashes in an inclusion path (RFC 9162 section 2.1.3.1); 0 where the tree has no such entry. */
function pathLength(index: number, size: number): number {
  let length = 0
  for (let [at, last] = [index, size - 1]; last > 0; ) {
    if (at % 2 === 1 || at < last) length++
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return index < size ? length : 0
}

function readingOf(map: CborMap, size: number): SettledParts['contribution']['reading'] {
  const [index, path] = [count(map, 'readingIndex'), hashes(map, 'readingPath')]
  return index === undefined || path === undefined
    ? undefined
    : { index, size, path: path.map(toB64u) }
}

function rewardOf(map: CborMap, account: string, root: Uint8Array): SettledParts['reward'] {
  const [token, cumulative] = [byteString(map, 'token'), word(map, 'cumulative')]
  const proof = hashes(map, 'payoutProof')
  if (token?.length !== 20 || cumulative === undefined || proof === undefined) return undefined
  const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`
  return {
    account,
    token: formatAddress(token),
    cumulative,
    proof: proof.map(hex),
    root: hex(root),
  }
}
