import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyCommand } from '../../gateway/commands/verify.js'
import { runCommand } from '../support/cli.js'
import { temporaryFolder } from '../support/gateway.js'
import { changed, proofVectors } from '../support/proofVectors.js'

const { files, broken, gateway } = proofVectors()
const folder = temporaryFolder()

async function verify(file: object, ...options: string[]) {
  const path = join(folder, 'proof.json')
  writeFileSync(path, JSON.stringify(file))
  return runCommand(verifyCommand(), [path, ...options])
}

describe('fieldproof verify', () => {
  it('prints each link, the row and what the owner has earned', async () => {
    const { code, out } = await verify(files.counted!.file, '--gateway', gateway)
    expect(code).toBe(0)
    expect(out.match(/^ok /gm)).toHaveLength(12)
    expect(out).toContain(`The reading is in the log of gateway ${gateway}.`)
    expect(out).toContain('It counts in epoch 2.')
    expect(out).toContain(
      '20 accepted of 12 expected, weight 1000000, 83333333333333333 base units',
    )
    expect(out).toMatch(
      /Owner 0x[Bb]{40} has earned 166666666666666666 base units of token 0x[Aa]{40}/,
    )
  })

  it.each([
    ['late', 'It was logged, not counted, in epoch 1'],
    ['nothing', 'shows no earnings of owner'],
    ['open', 'Its epoch was not closed'],
  ])('says of a file (%s) that %s', async (name, words) => {
    const { code, out } = await verify(files[name]!.file)
    expect([code, out]).toEqual([0, expect.stringContaining(words)])
  })

  it('takes the packed form', async () => {
    const path = join(folder, 'proof.cbor')
    writeFileSync(path, Buffer.from(files.counted!.packed, 'hex'))
    const { code, out } = await runCommand(verifyCommand(), [path])
    expect([code, out]).toEqual([0, (await verify(files.counted!.file)).out])
    writeFileSync(path, Buffer.from(files.counted!.packed.replace(/..$/, ''), 'hex'))
    const cut = await runCommand(verifyCommand(), [path])
    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining('broken link: file: ') })
  })

  it('prints the same as JSON', async () => {
    const { out } = await verify(files.counted!.file, '--json')
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      failed: null,
      gateway,
      outcome: {
        epoch: 2,
        counted: true,
        paid: '83333333333333333',
        earned: { cumulative: '166666666666666666' },
      },
    })
  })

  it.each(broken.map((one) => [one.link, one.name, one] as const))(
    'exits 1 and names %s: %s',
    async (link, _, one) => {
      const { code, out, err } = await verify(changed(one))
      expect(code).toBe(1)
      expect(err).toContain(`broken link: ${link}: `)
      expect(out).toMatch(new RegExp(`^BAD +${link} `, 'm'))
      expect(out).not.toContain('The reading is in the log')
    },
  )
})
