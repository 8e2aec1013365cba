import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../gateway/core/bytes.js'
import {
  admissions,
  downlinks,
  enrolments,
  epochs,
  passwords,
  revocations,
  rotations,
} from '../fuzz/seeds.js'
import { matchesCddl, parseCddl } from '../support/cddl.js'
import { proofVectors } from '../support/proofVectors.js'
import { projectRoot } from '../support/root.js'
import { hexBytes, invalidVectors, validVectors } from '../support/vectors.js'

const cddl = parseCddl(readFileSync(join(projectRoot(), 'schemas/fp1.cddl'), 'utf8'))
const password = Buffer.from(Buffer.from(passwords[0]!).toString(), 'base64url')

const samples: [rule: string, messages: readonly Uint8Array[]][] = [
  ['reading', validVectors().vectors.map(({ hex }) => hexBytes(hex))],
  ['enrolment', enrolments],
  ['connect-token', [Uint8Array.from(password)]],
  ['rotation', rotations],
  ['self-revocation', revocations],
  ['admission', admissions],
  ['time', downlinks.slice(0, 1)],
  ['configuration', downlinks.slice(1, 2)],
  ['receipt', downlinks.slice(2)],
  ['epoch-record', epochs],
]

describe('fp1.cddl', () => {
  it('describes what core encodes, each kind by its own rule alone', () => {
    for (const [rule, messages] of samples) {
      expect(messages.length).toBeGreaterThan(0)
      for (const message of messages) {
        expect(matchesCddl(cddl, 'fp1-message', message)).toBe(true)
        const rules = samples
          .map(([name]) => name)
          .filter((name) => matchesCddl(cddl, name, message))
        expect([toHex(message), rules]).toEqual([toHex(message), [rule]])
      }
    }
  })

  it('describes the packed form of proof files', () => {
    const { files } = proofVectors()
    for (const { packed } of Object.values(files))
      expect(matchesCddl(cddl, 'packed-proof', hexBytes(packed))).toBe(true)
    expect(matchesCddl(cddl, 'packed-proof', hexBytes(validVectors().vectors[0]!.hex))).toBe(false)
  })

  it('refuses every hostile message that is malformed', () => {
    const malformed = invalidVectors().vectors.filter(({ reason }) => reason === 'malformed')
    for (const { name, hex } of malformed) {
      const message = hexBytes(hex)
      // Sizes of whole messages, and the value of a sequence number, are beyond CDDL.
      const isBeyond = message.length > 2048 || /^sequence (1 in|2\^53)/.test(name)
      expect([name, matchesCddl(cddl, 'fp1-message', message)]).toEqual([name, isBeyond])
    }
  })

  it('refuses most messages that are out of profile', () => {
    const others = invalidVectors().vectors.filter(({ reason }) => reason === 'out-of-profile')
    const refused = others.filter(({ hex }) => !matchesCddl(cddl, 'fp1-message', hexBytes(hex)))
    expect(refused.length).toBeGreaterThan(others.length / 2)
  })

  it('names no rule that is missing, and none in vain', () => {
    const source = readFileSync(join(projectRoot(), 'schemas/fp1.cddl'), 'utf8')
    for (const name of cddl.keys()) {
      const uses = source.match(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'))?.length ?? 0
      if (!['fp1-message', 'packed-proof'].includes(name))
        expect([name, uses >= 2]).toEqual([name, true])
    }
  })
})
