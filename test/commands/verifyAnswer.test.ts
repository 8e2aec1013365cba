import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyCommand } from '../../gateway/commands/verify.js'
import { answerVectors, changedAnswer } from '../support/answerVectors.js'
import { runCommand } from '../support/cli.js'
import { temporaryFolder } from '../support/gateway.js'

const { gateway, answers, broken } = answerVectors()
const folder = temporaryFolder()

function written(file: unknown, name = 'answer.json'): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(file))
  return path
}

async function verify(file: unknown, ...options: string[]) {
  return runCommand(verifyCommand(), [written(file), ...options])
}

describe('fieldproof verify answer.json', () => {
  it('prints each link, what was shown and what was not', async () => {
    const { code, out } = await verify(answers.pages!.file, '--gateway', gateway)
    expect(code).toBe(0)
    expect(out.match(/^ok /gm)).toHaveLength(5)
    expect(out).toContain(`These 11 rows are exactly what gateway ${gateway} published`)
    expect(out).toContain('1 of them say that nothing could be released')
    expect(out).toContain('Not shown: ')
    expect(out).not.toContain('A part')
    const cut = await verify(answers.cut!.file)
    expect([cut.code, cut.out]).toEqual([0, expect.stringContaining('in further pages')])
  })

  it('prints the same as JSON', async () => {
    const { out } = await verify(answers.whole!.file, '--json')
    expect(JSON.parse(out)).toMatchObject({
      kind: 'answer',
      ok: true,
      failed: null,
      gateway,
      network: 'testnet',
      q: { metric: 'temperature', step: 'PT1H', from: '2025-11-01T02:00:00Z' },
      rows: 11,
      withheld: 1,
      epochs: [1, 2, 3],
      endsAt: null,
    })
  })

  it.each(broken.map((one) => [one.link, one.name, one] as const))(
    'exits 1 and names %s: %s',
    async (link, _, one) => {
      const { code, out, err } = await verify(changedAnswer(one))
      expect(code).toBe(1)
      expect(err).toContain(`broken link: ${link}: `)
      expect(out).toMatch(new RegExp(`^BAD +${link} `, 'm'))
      expect(out).not.toContain('exactly what gateway')
    },
  )

  it('takes the gateway that was asked for alone, and no policy', async () => {
    const other = await verify(answers.whole!.file, '--gateway', 'qzxo7plhddeii')
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('broken link: gateway') })
    const policy = written('x', 'policy.txt')
    writeFileSync(policy, 'quorum none\n')
    const asked = await verify(answers.whole!.file, '--policy', policy)
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('--policy') })
  })

  it('compares the records with those of another file', async () => {
    const same = await verify(
      answers.whole!.file,
      '--against',
      written(answers.cut!.file, 'b.json'),
    )
    expect([same.code, same.out]).toEqual([0, expect.stringContaining('no fork: the same records')])
    const bad = await verify(answers.whole!.file, '--against', written({}, 'b.json'))
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining('cannot be compared') })
  })
})
