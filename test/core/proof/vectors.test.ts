import { describe, expect, it } from 'vitest'
import { verifyProofFile } from '../../../gateway/core/proof/proofLinks.js'
import { changed, proofVectors } from '../../support/proofVectors.js'

const { gateway, files, broken } = proofVectors()
const ofTheLog = ['file', 'message', 'device', 'gateway', 'checkpoint', 'witness', 'log']
const all = [...ofTheLog, 'record', 'epoch', 'contribution', 'reading', 'reward']

describe('the files of schemas/vectors/proof.json', () => {
  it.each(Object.entries(files))('%s: every link holds', (name, { file }) => {
    const report = verifyProofFile(JSON.stringify(file), { gateway })
    expect(report.failed).toBeUndefined()
    expect(report.links.map(({ link }) => link)).toEqual(name === 'open' ? ofTheLog : all)
  })

  it('say what the reading came to', () => {
    const details = (name: string): string[] =>
      verifyProofFile(JSON.stringify(files[name]!.file))
        .links.slice(-2)
        .map(({ detail }) => detail)
    expect(details('counted')).toEqual([
      'counted, reading 5 of 20',
      expect.stringMatching(/^0x[Bb]{40} has earned [1-9][0-9]+ base units of 0x[Aa]{40} so far$/),
    ])
    expect(details('late')[0]).toBe('logged, not counted: it arrived too late')
    expect(details('nothing')[1]).toMatch(/shows no earlier earnings of 0x[Dd]{40}$/)
  })
})

describe('a changed file', () => {
  it.each(broken.map((one) => [one.link, one.name, one] as const))('%s: %s', (link, _, one) => {
    const report = verifyProofFile(JSON.stringify(changed(one)))
    expect(report.failed?.link).toBe(link)
    expect(report.failed?.detail).not.toBe('')
  })

  it('is there for every link', () => {
    // Which witnesses there must be is no part of a file: test/core/log/witness tells that link.
    const inFile = all.filter((link) => link !== 'witness')
    expect([...new Set(broken.map(({ link }) => link))].sort()).toEqual(inFile.sort())
    expect(new Set(broken.map(({ link, name, of }) => `${link} ${name} ${of}`)).size).toBe(
      broken.length,
    )
  })
})
