import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, CommanderError } from 'commander'
import { exitCodeOf, report } from '../../gateway/commands/exit.js'

export interface CliResult {
  code: number | null
  out: string
  err: string
}

interface CliOptions {
  env?: Record<string, string>
  cwd?: string
}

const main = fileURLToPath(new URL('../../gateway/main.js', import.meta.url))
const emptyConfig = join(mkdtempSync(join(tmpdir(), 'fp-cli-')), 'empty.yaml')
writeFileSync(emptyConfig, '')

/** Runs `fieldproof <args>` as a process of its own, with no FIELDPROOF_ variable but those given. */
export function fieldproof(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('FIELDPROOF_'))
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...Object.fromEntries(clean), ...options.env },
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const result: CliResult = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.err += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...result, code }))
  })
}

/**
 * Runs one command in this process, as main.ts would, many times faster. One at a time: it holds
 * standard output and the environment meanwhile.
 */
export async function runCommand(
  command: Command,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CliResult> {
  const result: CliResult = { code: 0, out: '', err: '' }
  const kept = { out: process.stdout.write, err: process.stderr.write, env: { ...process.env } }
  Object.assign(process.env, { FIELDPROOF_CONFIG: emptyConfig, NO_COLOR: '1' }, env)
  process.stdout.write = (text: string | Uint8Array) => {
    result.out += String(text)
    return true
  }
  process.stderr.write = (text: string | Uint8Array) => {
    result.err += String(text)
    return true
  }
  try {
    await throwing(command).parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) result.code = error.exitCode === 0 ? 0 : 2
    else {
      report(error)
      result.code = exitCodeOf(error)
    }
  } finally {
    process.stdout.write = kept.out
    process.stderr.write = kept.err
    process.env = kept.env
  }
  return result
}

function throwing(command: Command): Command {
  command.exitOverride()
  for (const sub of command.commands) throwing(sub)
  return command
}
