import { expect, test } from 'vitest'
import { fieldproof } from '../support/cli.js'
import { packagesLoadedWith } from '../support/imports.js'
import { projectRoot } from '../support/root.js'

test('the help names every command, and each command its options', async () => {
  const [all, nothing, start, same] = await Promise.all([
    fieldproof(['--help']),
    fieldproof([]),
    fieldproof(['start', '--help']),
    fieldproof(['help', 'start']),
  ])
  expect(all.code).toBe(0)
  for (const name of ['demo', 'start', 'check', 'devices', 'simulate', 'verify', 'restore'])
    expect(all.out).toMatch(new RegExp(`^  ${name} +[a-z]`, 'm'))
  expect(nothing).toMatchObject({ code: 2, err: all.out })
  expect(start).toMatchObject({
    code: 0,
    out: expect.stringMatching(/run the gateway.*--serial/s),
  })
  expect(same).toEqual(start)
})

test('a version, and what is no command', async () => {
  const [version, mistyped] = await Promise.all([fieldproof(['--version']), fieldproof(['strat'])])
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  expect(mistyped).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean start?') })
})

/** A package that is not needed at once comes by `import()`, or every start waits for it. */
test('a start loads few packages, a proof fewer', () => {
  const root = projectRoot()
  const core = ['@noble/ed25519', '@noble/hashes', 'cbor-x']
  const start = ['main', 'commands/start', 'commands/runGateway', 'config']
  const links = ['adapters/mqtt/broker', 'adapters/serial/link']
  const paths = (names: string[]): string[] => names.map((name) => `gateway/${name}.ts`)
  expect(packagesLoadedWith(root, paths([...start, ...links]))).toEqual(
    [...core, 'aedes', 'classic-level', 'commander'].sort(),
  )
  expect(packagesLoadedWith(root, paths(['main', 'commands/verify']))).toEqual(
    [...core, 'commander'].sort(),
  )
})
