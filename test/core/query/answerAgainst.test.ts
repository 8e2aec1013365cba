import { expect, it } from 'vitest'
import { toB64u } from '../../../gateway/core/bytes.js'
import { encodeEpoch, epochJson, parseEpoch } from '../../../gateway/core/log/epoch.js'
import { compareRecords, recordsOfOther } from '../../../gateway/core/query/answerAgainst.js'
import { verifyAnswerFile } from '../../../gateway/core/query/verifyAnswer.js'
import { holderOfVector, vectorGateway } from '../../../schemas/vectors/settledLog.js'
import { answerVectors } from '../../support/answerVectors.js'

const { answers } = answerVectors()
const textOf = (name: string): string => JSON.stringify(answers[name]!.file)
const outcome = verifyAnswerFile(textOf('whole')).outcome!

/** The published JSON of the records; that of epoch 2 with another root. */
function epochs(signer = vectorGateway, aggCount = 0): string {
  const list = [...outcome.records.values()].map((bytes) => {
    const parsed = parseEpoch(bytes)
    if (!parsed.ok) throw new Error(parsed.detail)
    const { opened: _, ...fields } = parsed.value
    const changed = fields.n === 2 ? { ...fields, aggCount: fields.aggCount + aggCount } : fields
    return epochJson(changed, encodeEpoch(changed, signer))
  })
  return JSON.stringify(list)
}

function compare(text: string): string {
  const other = recordsOfOther(text, outcome)
  return other.ok ? compareRecords(outcome.records, other.value).kind : other.detail
}

it('agrees with the other answers and the published records of one gateway', () => {
  for (const name of Object.keys(answers)) expect(compare(textOf(name))).toBe('agree')
  expect(compare(epochs())).toBe('agree')
  expect(compare(JSON.stringify(JSON.parse(epochs())[1]))).toBe('agree')
})

it('finds two records of one epoch under one key', () => {
  expect(compare(epochs(vectorGateway, 1))).toBe('fork')
})

it('says that there is nothing to compare', () => {
  expect(compare('[]')).toBe('apart')
})

it('takes no record that the gateway did not sign, and no other file', () => {
  expect(compare(epochs(holderOfVector('another gateway')))).toContain('epoch 1: ')
  expect(compare(textOf('whole').replace('"n":10', '"n":15'))).toContain('broken link rows')
  for (const text of ['', 'x', '{}', 'null', `{"record":"${toB64u(new Uint8Array(4))}"}`])
    expect(recordsOfOther(text, outcome).ok).toBe(false)
})
