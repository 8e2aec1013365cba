#!/usr/bin/env node
/**
 * The command line: argv, signals, exit code. The only place that ends the process. A command's
 * file is loaded when it is asked for, so that a start does not pay for the others.
 */
import { Command, CommanderError } from 'commander'
import { exitCodeOf, report } from './commands/exit.js'

const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import('./commands/demo.js')).demoCommand(),
  start: async () => (await import('./commands/start.js')).startCommand(),
  check: async () => (await import('./commands/check.js')).checkCommand(),
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
  status: async () => (await import('./commands/status.js')).statusCommand(),
  devices: async () => (await import('./commands/devices.js')).devicesCommand(),
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand(),
  proof: async () => (await import('./commands/proof.js')).proofCommand(),
  verify: async () => (await import('./commands/verify.js')).verifyCommand(),
  export: async () => (await import('./commands/export.js')).exportCommand(),
  backup: async () => (await import('./commands/backup.js')).backupCommand(),
  restore: async () => (await import('./commands/restore.js')).restoreCommand(),
}

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('fieldproof')
    .description('Signed sensor readings in, provable contributions out; raw data stays home.')
    .addHelpText(
      'after',
      '\nStart here:\n  fieldproof demo        a gateway with a simulated fleet\n',
    )
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
  const [name = ''] = argv
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands)
  for (const one of wanted) program.addCommand(inherit(await commands[one]!()))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    // Commander has printed its own message; its only successes are --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    report(error)
    return exitCodeOf(error)
  }
}

/** Sub-commands throw as well instead of ending the process. */
function inherit(command: Command): Command {
  command.exitOverride()
  for (const sub of command.commands) inherit(sub)
  return command
}

// A reader such as `head` may have enough before we are done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exit(await main(process.argv.slice(2)))
