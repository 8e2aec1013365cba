import { describe, expect, it } from 'vitest'
import { concat, toB64u, utf8 } from '../../../gateway/core/bytes.js'
import { assembleSign1, toBeSigned } from '../../../gateway/core/cose/sign1.js'
import { ed25519PublicKey, ed25519Sign } from '../../../gateway/core/crypto.js'
import { deviceIdOf, kidOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { encodeRotation } from '../../../gateway/core/device/rotation.js'
import { formatCheckpoint, originOf } from '../../../gateway/core/log/checkpoint.js'
import { hashBytes, inclusionPath, leafHash, rootAt } from '../../../gateway/core/log/tree.js'
import {
  buildProofFile,
  type ProofFile,
  type ProofParts,
} from '../../../gateway/core/proof/proofFile.js'
import { parseProofFile } from '../../../gateway/core/proof/proofForm.js'
import { type LinkName, verifyProofFile } from '../../../gateway/core/proof/proofLinks.js'
import { encodePack } from '../../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../../gateway/core/senml/reading.js'

const network = 'testnet'

function holder(fill: number): KeyHolder {
  const seed = new Uint8Array(32).fill(fill)
  return { publicKey: ed25519PublicKey(seed), sign: (message) => ed25519Sign(message, seed) }
}

const [gateway, first, second, third, stranger] = [1, 2, 3, 4, 5].map(holder) as [
  KeyHolder,
  KeyHolder,
  KeyHolder,
  KeyHolder,
  KeyHolder,
]

function reading(by: KeyHolder, seq: number): Uint8Array {
  const protectedBytes = encodeReadingHeader({ alg: -8, kid: kidOf(by.publicKey), seq })
  const time = 1_762_000_000
  const payload = encodePack([{ metric: 'temperature', time, value: { m: 215, e: -1 } }])
  const signature = by.sign(toBeSigned('rd', network, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

/** A log of ten entries whose entry 6 is the message. */
async function partsOf(message: Uint8Array, run = 1): Promise<ProofParts> {
  const entries = Array.from({ length: 10 }, (_, i) => (i === 6 ? message : utf8(`entry ${i}`)))
  const leaves = concat(...entries.map(leafHash))
  const read = async (_: number, start: number, count: number): Promise<Uint8Array> =>
    leaves.subarray(start * hashBytes, (start + count) * hashBytes)
  const origin = originOf(network, deviceIdOf(gateway.publicKey), run)
  const head = { origin, size: 10, root: await rootAt(read, 10) }
  return {
    network,
    gatewayKey: gateway.publicKey,
    message,
    deviceKey: first.publicKey,
    firstKey: first.publicKey,
    rotations: [],
    index: 6,
    size: 10,
    path: await inclusionPath(read, 6, 10),
    checkpoint: formatCheckpoint(head, gateway.publicKey, gateway.sign),
  }
}

const parts = await partsOf(reading(first, 70_000))
const proof = buildProofFile(parts)

/** The first link that fails of the file with changes. */
function brokenLink(
  change: (file: ProofFile) => void,
  options?: { gateway?: string },
): LinkName | undefined {
  const file = structuredClone(proof)
  change(file)
  return verifyProofFile(JSON.stringify(file), options).failed?.link
}

const device = deviceIdOf(first.publicKey)
const rotation1 = encodeRotation({ device, iat: 1_762_000_100, seq: 100 }, first, second, network)
const rotation2 = encodeRotation({ device, iat: 1_762_000_200, seq: 200 }, second, third, network)

async function rotatedProof(rotations: Uint8Array[], key: KeyHolder): Promise<ProofFile> {
  const message = reading(key, 300)
  return buildProofFile({ ...(await partsOf(message)), deviceKey: key.publicKey, rotations })
}

describe('a proof file', () => {
  it('holds link by link', () => {
    const report = verifyProofFile(JSON.stringify(proof, null, 2))
    expect(report.failed).toBeUndefined()
    expect(report.ok).toBe(true)
    expect(report.links.map(({ link }) => link)).toEqual([
      'file',
      'message',
      'device',
      'gateway',
      'checkpoint',
      'witness',
      'log',
    ])
    expect(report.links.map(({ detail }) => detail).slice(1)).toEqual([
      'sequence 70000, 1 values, signed by device.key',
      `${device}, by its first key`,
      `${proof.gateway.id}, as the file says`,
      `fieldproof/testnet/${proof.gateway.id}, 10 entries`,
      'no witness signed this checkpoint',
      'entry 6 of 10',
    ])
  })

  it('holds for the gateway that was asked for and for no other', () => {
    expect(brokenLink(() => undefined, { gateway: proof.gateway.id })).toBeUndefined()
    expect(brokenLink(() => undefined, { gateway: device })).toBe('gateway')
  })

  it('holds in a log that a restored gateway began', async () => {
    const file = buildProofFile(await partsOf(parts.message, 2))
    expect(verifyProofFile(JSON.stringify(file)).ok).toBe(true)
  })
})

describe('a change of any byte', () => {
  it('of the message breaks the link message', () => {
    for (let i = 0; i < parts.message.length; i++) {
      const message = Uint8Array.from(parts.message)
      message[i]! ^= 1 << (i % 8)
      const link = brokenLink((file) => {
        file.message = toB64u(message)
      })
      if (link !== 'message') expect.fail(`byte ${i}: ${link}`)
    }
  })

  it("of the message's text breaks the link message", () => {
    for (let i = 0; i < proof.message.length; i += 3) {
      const link = brokenLink((file) => {
        const digit = file.message[i] === 'A' ? 'B' : 'A'
        file.message = file.message.slice(0, i) + digit + file.message.slice(i + 1)
      })
      if (link !== 'message') expect.fail(`digit ${i}: ${link}`)
    }
  })

  it('of the path breaks the link log', () => {
    for (const [at, hash] of parts.path.entries()) {
      for (let i = 0; i < hash.length; i += 5) {
        const changed = Uint8Array.from(hash)
        changed[i]! ^= 1 << (i % 8)
        const link = brokenLink((file) => {
          file.log.path[at] = toB64u(changed)
        })
        if (link !== 'log') expect.fail(`hash ${at} byte ${i}: ${link}`)
      }
    }
  })

  it('of the checkpoint breaks the link checkpoint', () => {
    for (let i = 0; i < proof.log.checkpoint.length; i++) {
      const link = brokenLink((file) => {
        const text = file.log.checkpoint
        const char = String.fromCharCode(text.charCodeAt(i) ^ 1)
        file.log.checkpoint = text.slice(0, i) + char + text.slice(i + 1)
      })
      if (link !== 'checkpoint') expect.fail(`character ${i}: ${link}`)
    }
  })
})

describe('the first broken link is named', () => {
  it.each<[LinkName, string, (file: ProofFile) => void]>([
    ['message', 'another key of the device', (f) => (f.device.key = toB64u(second.publicKey))],
    ['message', 'a key that is not b64u', (f) => (f.device.key += '=')],
    ['message', 'another network', (f) => (f.network = 'mainnet')],
    ['message', 'another message', (f) => (f.message = toB64u(reading(second, 70_000)))],
    ['message', 'an enrolment or anything else', (f) => (f.message = toB64u(utf8('hello')))],
    ['message', 'padding', (f) => (f.message += '=')],
    ['device', 'another id', (f) => (f.device.id = deviceIdOf(second.publicKey))],
    ['device', 'a first key without rotations', (f) => (f.device.first = f.device.key)],
    ['gateway', 'another key', (f) => (f.gateway.key = toB64u(stranger.publicKey))],
    ['gateway', 'another id', (f) => (f.gateway.id = device)],
    ['gateway', 'a key that is short', (f) => (f.gateway.key = 'AAAA')],
    [
      'checkpoint',
      'another gateway',
      (f) => {
        f.gateway = { id: deviceIdOf(stranger.publicKey), key: toB64u(stranger.publicKey) }
      },
    ],
    [
      'checkpoint',
      'a stranger in the name of the gateway',
      (f) => {
        const origin = originOf(network, f.gateway.id)
        const head = { origin, size: 10, root: new Uint8Array(32) }
        f.log.checkpoint = formatCheckpoint(head, gateway.publicKey, stranger.sign)
      },
    ],
    [
      'checkpoint',
      'a log of another network',
      (f) => {
        const head = {
          origin: originOf('mainnet', f.gateway.id),
          size: 10,
          root: new Uint8Array(32),
        }
        f.log.checkpoint = formatCheckpoint(head, gateway.publicKey, gateway.sign)
      },
    ],
    [
      'log',
      'another root',
      (f) => {
        const origin = originOf(network, f.gateway.id)
        const head = { origin, size: 10, root: new Uint8Array(32) }
        f.log.checkpoint = formatCheckpoint(head, gateway.publicKey, gateway.sign)
      },
    ],
    ['log', 'another index', (f) => f.log.index--],
    ['log', 'an index beyond the size', (f) => (f.log.index = 10)],
    ['log', 'another size', (f) => f.log.size++],
    ['log', 'a hash more', (f) => f.log.path.push(f.log.path[0]!)],
    ['log', 'a hash less', (f) => f.log.path.pop()],
    ['log', 'hashes in reverse', (f) => f.log.path.reverse()],
    ['log', 'a short hash', (f) => (f.log.path[0] = 'AAAA')],
    ['log', 'a hash in hex', (f) => (f.log.path[0] = 'a'.repeat(64))],
    ['log', 'the message of another entry', (f) => (f.message = toB64u(reading(first, 70_001)))],
  ])('%s: %s', (link, _, change) => {
    expect(brokenLink((file) => void change(file))).toBe(link)
  })
})

describe('rotations', () => {
  it('lead from the first key to the key of the message', async () => {
    for (const file of [
      await rotatedProof([rotation1], second),
      await rotatedProof([rotation1, rotation2], third),
    ]) {
      const report = verifyProofFile(JSON.stringify(file))
      expect(report.failed).toBeUndefined()
      expect(file.device.id).toBe(device)
    }
  })

  it('are refused where they do not', async () => {
    const foreign = encodeRotation({ device, iat: 1, seq: 5 }, stranger, second, network)
    const otherNetwork = encodeRotation({ device, iat: 1, seq: 5 }, first, second, 'mainnet')
    const otherDevice = encodeRotation(
      { device: deviceIdOf(stranger.publicKey), iat: 1, seq: 5 },
      first,
      second,
      network,
    )
    const backwards = encodeRotation({ device, iat: 1, seq: 50 }, second, third, network)
    const tampered = Uint8Array.from(rotation1)
    tampered[tampered.length - 1]! ^= 1
    const cases: [string, Uint8Array[], KeyHolder][] = [
      ['signed by another old key', [foreign], second],
      ['of another network', [otherNetwork], second],
      ['of another device', [otherDevice], second],
      ['a step missing', [rotation2], third],
      ['a step more', [rotation1, rotation2], second],
      ['out of order', [rotation2, rotation1], third],
      ['sequence falls', [rotation1, backwards], third],
      ['a changed byte', [tampered], second],
      ['no rotation at all', [utf8('hello')], second],
    ]
    for (const [name, rotations, key] of cases) {
      const report = verifyProofFile(JSON.stringify(await rotatedProof(rotations, key)))
      expect([name, report.failed?.link]).toEqual([name, 'device'])
    }
  })

  it('need the first key, and it must be that of the id', async () => {
    const file = await rotatedProof([rotation1], second)
    const { first: _, ...withoutFirst } = file.device
    const report = verifyProofFile(JSON.stringify({ ...file, device: withoutFirst }))
    expect(report.failed).toMatchObject({ link: 'device' })
    const other = { ...file.device, first: toB64u(stranger.publicKey) }
    expect(verifyProofFile(JSON.stringify({ ...file, device: other })).failed?.link).toBe('device')
  })
})

describe('the form is strict', () => {
  const json = JSON.stringify(proof)

  it.each([
    ['nothing', '', 'not JSON'],
    ['an array', '[]', 'the file is not an object'],
    ['null', 'null', 'the file is not an object'],
    ['cut short', json.slice(0, -1), 'not JSON'],
    ['a field twice', json.replace('"v":1', '"v":1,"v":1'), 'a field twice'],
    ['an unknown field', json.replace('"v":1', '"v":1,"w":1'), 'unknown field "w"'],
    ['a prototype', json.replace('"v":1', '"v":1,"__proto__":{}'), 'unknown field "__proto__"'],
    ['an unknown inner field', json.replace('"index"', '"x":":","index"'), 'unknown field "log.x"'],
    ['a missing field', json.replace('"v":1,', ''), 'v is missing'],
    ['a missing inner field', json.replace('"index":6,', ''), 'log.index is missing'],
    ['another version', json.replace('"v":1', '"v":2'), 'v is not 1'],
    ['another kind', json.replace('"kind":"reading"', '"kind":"x"'), 'kind is not "reading"'],
    ['a bad network', json.replace('testnet', 'Test net'), 'network is not a network name'],
    ['an index as text', json.replace('"index":6', '"index":"6"'), 'log.index is not an integer'],
    ['a negative index', json.replace('"index":6', '"index":-6'), 'log.index is not an integer'],
    ['half an index', json.replace('"index":6', '"index":6.5'), 'log.index is not an integer'],
    [
      'a path of numbers',
      json.replace(/"path":\[[^\]]*\]/, '"path":[1]'),
      'log.path is not an array',
    ],
    [
      'a text for an object',
      json.replace(/"gateway":\{[^}]*\}/, '"gateway":"x"'),
      'gateway is not',
    ],
    [
      'a path of 54',
      json.replace(/"path":\[[^\]]*\]/, `"path":["a"${',"a"'.repeat(53)}]`),
      'at most 53',
    ],
    ['too long', json + ' '.repeat(1024 * 1024), 'too long'],
  ])('%s', (_, text, words) => {
    const report = verifyProofFile(text)
    expect(report.ok).toBe(false)
    expect(report.failed?.link).toBe('file')
    expect(report.failed?.detail).toContain(words)
    expect(report.links).toHaveLength(1)
  })

  it('reads a megabyte of escapes', () => {
    expect(parseProofFile(`"${'\\"'.repeat(500_000)}"`)).toMatchObject({ ok: false })
  })
})
