import { spawnSync } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { commands } from '../../gateway/commands/table.js'
import { fieldproof } from '../support/cli.js'

let scripts: Record<'bash' | 'zsh' | 'fish', string>
beforeAll(async () => {
  const made = await Promise.all(
    (['bash', 'zsh', 'fish'] as const).map(async (shell) => {
      const { code, out } = await fieldproof(['completion', shell])
      expect(code).toBe(0)
      return [shell, out] as const
    }),
  )
  scripts = Object.fromEntries(made) as typeof scripts
})

/** What bash would offer after these words; the last one is begun. */
function offered(...words: string[]): string[] {
  const list = ['fieldproof', ...words].map((word) => `'${word}'`).join(' ')
  const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _fieldproof; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc'], {
    input: `${scripts.bash}\n${ask}`,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

test('bash completes commands, sub-commands and options', () => {
  expect(offered('')).toEqual(Object.keys(commands))
  expect(offered('dev')).toEqual(['devices'])
  expect(offered('devices', 'ap')).toEqual(['approve'])
  expect(offered('devices', 'approve', '--cel')).toEqual(['--cell'])
  expect(offered('-c', 'my.yaml', 'epoch', 'au')).toEqual(['audit'])
  expect(offered('verify', '--no-such')).toEqual([''])
})

test('zsh and fish know the same, and where a shell is here, it reads its script', () => {
  for (const name of Object.keys(commands))
    for (const shell of ['zsh', 'fish'] as const) expect(scripts[shell]).toContain(name)
  expect(scripts.fish).toContain(`'__fieldproof_at "/devices"' -a 'approve'`)
  expect(scripts.zsh).toContain('/devices/approve')
  for (const shell of ['zsh', 'fish'] as const) {
    const { error, status, stderr } = spawnSync(shell, ['-n'], {
      input: scripts[shell],
      encoding: 'utf8',
    })
    if (error === undefined) expect(status, stderr).toBe(0)
  }
})

test('another shell is a usage error that names those there are', async () => {
  const { code, err } = await fieldproof(['completion', 'tcsh'])
  expect(code).toBe(2)
  expect(err).toContain('bash, zsh, fish')
})
