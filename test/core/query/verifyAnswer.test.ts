import { describe, expect, it } from 'vitest'
import { isAnswerText } from '../../../gateway/core/query/answerFile.js'
import { verifyAnswerFile } from '../../../gateway/core/query/verifyAnswer.js'
import { answerVectors, changedAnswer } from '../../support/answerVectors.js'
import { proofVectors } from '../../support/proofVectors.js'

const { gateway, answers, broken } = answerVectors()
const textOf = (name: string): string => JSON.stringify(answers[name]!.file)

function failureOf(text: string, asked?: string): string | undefined {
  const report = verifyAnswerFile(text, asked === undefined ? {} : { gateway: asked })
  expect(report.ok).toBe(report.failed === undefined)
  expect(report.outcome === undefined).toBe(!report.ok)
  return report.failed && `${report.failed.link}: ${report.failed.detail}`
}

describe('an answer file', () => {
  it.each(Object.keys(answers))('holds: %s', (name) => {
    const report = verifyAnswerFile(textOf(name))
    expect(report.failed).toBeUndefined()
    expect(report.links.map(({ link }) => link)).toEqual([
      'file',
      'gateway',
      'pages',
      'proof',
      'rows',
    ])
    expect(report.outcome).toMatchObject({ gateway, network: 'testnet' })
    expect(report.outcome?.rows.length).toBe(answers[name]!.rows)
  })

  it.each(broken.map((one) => [one.name, one] as const))('fails: %s', (_, one) => {
    expect(failureOf(JSON.stringify(changedAnswer(one)))?.split(':')[0]).toBe(one.link)
  })

  it('is one answer, a list of its pages, or a line for each', () => {
    const pages = answers.pages!.file as object[]
    const lines = pages.map((page) => `${JSON.stringify(page)}\n`)
    expect(failureOf(lines.join(''))).toBeUndefined()
    expect(failureOf(`${lines.join('\r\n')}\n`)).toBeUndefined()
    expect(failureOf(JSON.stringify(pages, null, 2))).toBeUndefined()
    expect(failureOf(lines.with(1, '{"v":1,\n').join(''))).toBe('file: the file is not JSON')
    for (const text of ['', '[]', 'x', '{', 'null', '[null]', '1'])
      expect(failureOf(text)).toMatch(/^file: /)
  })

  it('tells what it shows and what it does not', () => {
    const whole = verifyAnswerFile(textOf('whole')).outcome
    expect(whole).toMatchObject({ withheld: 1, beginsAfter: null, endsAt: null })
    expect([...(whole?.records.keys() ?? [])]).toEqual([1, 2, 3])
    const cut = verifyAnswerFile(textOf('cut'))
    expect(cut.links[2]!.detail).toContain('a part of temperature, windows of PT1H, 2 cells')
    expect(cut.outcome?.endsAt).toMatch(/^temperature\|87195da4affffff\|3600\|/)
    expect(verifyAnswerFile(textOf('later')).outcome?.beginsAfter).toBe(cut.outcome?.endsAt)
    expect(verifyAnswerFile(textOf('pages')).outcome?.rows).toEqual(whole?.rows)
  })

  it('takes only the gateway that was asked for', () => {
    expect(failureOf(textOf('whole'), gateway)).toBeUndefined()
    expect(failureOf(textOf('whole'), 'qzxo7plhddeii')).toContain('not of qzxo7plhddeii')
  })

  it('is refused where a member stands twice: programs would read it differently', () => {
    const twice = textOf('whole').replace('"mean":', '"mean":1.5,"mean":')
    expect(failureOf(twice)).toBe('file: the file has a field twice')
  })

  it('names the page that does not hold', () => {
    const changed = textOf('pages').replace(/"median":([0-9.]+)(?!.*"median")/, '"median":1.5')
    expect(failureOf(changed)).toMatch(/^rows: page 3: element \d/)
  })

  it('says that nothing is proved while the proof is pending', () => {
    const pending = { ...(answers.whole!.file as object), proof: 'pending' }
    expect(failureOf(JSON.stringify(pending))).toContain('nothing is proved yet')
  })

  it('tries the signatures of records', () => {
    const report = verifyAnswerFile(textOf('whole'), { verify: () => false })
    expect(report.failed).toMatchObject({ link: 'rows', detail: expect.stringContaining('sign') })
  })

  it('is told from other files', () => {
    expect(isAnswerText(textOf('whole'))).toBe(true)
    expect(isAnswerText(textOf('pages'))).toBe(true)
    expect(isAnswerText('{"v":1,"id":"q","ok":false,"problem":{}}')).toBe(true)
    expect(isAnswerText(JSON.stringify(proofVectors().files.counted!.file))).toBe(false)
    for (const text of ['', 'x', '[]', '7']) expect(isAnswerText(text)).toBe(false)
  })
})
