import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../../gateway/core/bytes.js'
import { sha256 } from '../../../gateway/core/crypto.js'
import {
  cosign,
  isLineOf,
  openCosignature,
  openCosignatures,
  withCosignatures,
} from '../../../gateway/core/log/cosignature.js'
import {
  formatSignature,
  keyIdOf,
  type Note,
  openNote,
  parseNote,
  parseSignatures,
  parseVkey,
} from '../../../gateway/core/log/note.js'
import { parsePolicy } from '../../../gateway/core/log/policy.js'
import { checkWitnesses } from '../../../gateway/core/log/witnessLink.js'
import { entriesOf, testKey, testLogOf } from '../../support/witness.js'

const log = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const w1 = testKey('witness.example/w1', 2, 'cosignature')
const w2 = testKey('witness.example/w2', 3, 'cosignature')
const plain = await testLogOf(log, entriesOf(5)).note(5)
const at = 1_762_000_000

function noteOf(text: string): Note {
  const note = parseNote(text)
  if (!note.ok) throw new Error(note.detail)
  return note.value
}

function linesOf(text: string) {
  const lines = parseSignatures(text)
  if (!lines.ok) throw new Error(lines.detail)
  return lines.value
}

const { text } = noteOf(plain)
const line1 = cosign(text, w1, at, w1.sign)
const line2 = cosign(text, w2, at + 5, w2.sign)
const both = withCosignatures(plain, linesOf(line1 + line2))

describe('a cosignature', () => {
  it('signs the bytes that C2SP says, under the key id of type 04', () => {
    const [line] = linesOf(line1)
    const id = sha256(utf8(`${w1.name}\n`), Uint8Array.of(4), w1.publicKey).subarray(0, 4)
    expect(toHex(line!.keyId)).toBe(toHex(id))
    expect(line!.signature.length).toBe(72)
    const time = new Uint8Array(line!.signature.subarray(0, 8))
    expect(new DataView(time.buffer).getBigUint64(0)).toBe(BigInt(at))
    const signed = utf8(`cosignature/v1\ntime ${at}\n${text}`)
    expect(toHex(line!.signature.subarray(8))).toBe(toHex(w1.sign(signed)))
  })

  it('has the layout of the example that C2SP publishes', () => {
    const example =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
      '\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
      '\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n'
    const { signatures } = noteOf(example)
    expect(signatures[1]!.signature.length).toBe(72)
    const time = new Uint8Array(signatures[1]!.signature.subarray(0, 8))
    expect(new DataView(time.buffer).getBigUint64(0)).toBe(1_679_315_147n)
  })

  it('is found among other lines, and the log still signs the note', () => {
    const opened = openCosignatures(noteOf(both), [w2, w1])
    if (!opened.ok) expect.fail(opened.detail)
    expect(opened.value.map(({ key, timeSec }) => [key.name, timeSec])).toEqual([
      [w1.name, at],
      [w2.name, at + 5],
    ])
    expect(openNote(both, log).ok).toBe(true)
    expect(openCosignatures(noteOf(plain), [w1, w2])).toEqual({ ok: true, value: [] })
  })

  it('verifies under no other key, name, time or text', () => {
    const [line] = linesOf(line1)
    expect(openCosignature(text, line!, w1).ok).toBe(true)
    expect(openCosignature(text, line!, w2).ok).toBe(false)
    expect(openCosignature(text.replace('\n5\n', '\n6\n'), line!, w1).ok).toBe(false)
    for (let i = 0; i < 72; i++) {
      const signature = Uint8Array.from(line!.signature)
      signature[i]! ^= 1
      expect(openCosignature(text, { ...line!, signature }, w1).ok).toBe(false)
    }
    const short = { ...line!, signature: line!.signature.subarray(1) }
    expect(openCosignature(text, short, w1).ok).toBe(false)
    // The log's own key id (type 01) is no witness's.
    expect(isLineOf({ ...line!, keyId: keyIdOf(w1) }, w1)).toBe(false)
  })

  it('of a known witness that does not verify refuses the note, even beside a good one', () => {
    const bad = cosign(text.replace('\n5\n', '\n6\n'), w1, at, w1.sign)
    expect(openCosignatures(noteOf(both + bad), [w1]).ok).toBe(false)
    expect(openCosignatures(noteOf(both + bad), [w2]).ok).toBe(true)
  })

  it('takes the place of an older one by the same witness', () => {
    const again = cosign(text, w1, at + 60, w1.sign)
    const note = withCosignatures(both, linesOf(again))
    expect(noteOf(note).signatures.length).toBe(3)
    const opened = openCosignatures(noteOf(note), [w1])
    expect(opened.ok && opened.value.map(({ timeSec }) => timeSec)).toEqual([at + 60])
  })

  it('has a verifier key that is no key of a log, nor the reverse', () => {
    expect(parseVkey(w1.vkey, 'cosignature').ok).toBe(true)
    expect(parseVkey(w1.vkey).ok).toBe(false)
    expect(parseVkey(log.vkey, 'cosignature').ok).toBe(false)
  })
})

describe('what verify says of witnesses', () => {
  const lines = `witness one ${w1.vkey}\nwitness two ${w2.vkey}\n`
  function say(note: string, policyText?: string) {
    const policy = policyText === undefined ? undefined : parsePolicy(policyText)
    if (policy && !policy.ok) throw new Error(policy.detail)
    const found = checkWitnesses(note, policy?.value)
    return [found.ok, found.ok ? found.value : found.detail]
  }

  it('is plain without a policy', () => {
    expect(say(plain)).toEqual([true, 'no witness signed this checkpoint'])
    expect(say(both)).toEqual([
      true,
      'not checked, no policy was given: lines of witness.example/w1, witness.example/w2',
    ])
  })

  it('counts who signed, and says whether the quorum is met', () => {
    const quorum = `${lines}group all all one two\nquorum all\n`
    expect(say(both, quorum)).toEqual([
      true,
      '2 of 2 witnesses signed (one at 2025-11-01T12:26:40Z, two at 2025-11-01T12:26:45Z); quorum all is met',
    ])
    const single = withCosignatures(plain, linesOf(line2))
    expect(say(single, quorum)).toEqual([
      false,
      '1 of 2 witnesses signed (two at 2025-11-01T12:26:45Z); quorum all is not met',
    ])
    expect(say(single, `${lines}quorum two\n`)[0]).toBe(true)
    expect(say(plain, `${lines}quorum two\n`)).toEqual([
      false,
      'none of 2 witnesses signed this checkpoint; quorum two is not met',
    ])
    expect(say(plain, `${lines}quorum none\n`)).toEqual([
      true,
      'none of 2 witnesses signed this checkpoint; the policy asks for none',
    ])
  })

  it('holds for the logs of the policy only, where it names some', () => {
    const other = testKey('fieldproof/testnet/bbbbbbbbbbbbb', 9, 'note')
    expect(say(both, `log ${log.vkey}\n${lines}quorum one\n`)[0]).toBe(true)
    expect(say(both, `log ${other.vkey}\n${lines}quorum one\n`)).toEqual([
      false,
      'no log of the policy has signed this checkpoint',
    ])
  })

  it('ignores a line that only has the name of a witness', () => {
    const [line] = linesOf(line1)
    const forged = formatSignature({ ...line!, keyId: Uint8Array.of(1, 2, 3, 4) })
    expect(say(plain + forged, `${lines}quorum one\n`)[0]).toBe(false)
  })
})
