#!/usr/bin/env node
/**
 * The command line: argv, signals, exit code. The only place that ends the process.
 */
import { Command, CommanderError } from 'commander'
import { exitCodeOf, report } from './commands/exit.js'
import { commands } from './commands/table.js'
import { packageVersion } from './version.js'

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('fieldproof')
    .description('Signed sensor readings in, provable contributions out; raw data stays home.')
    .version(packageVersion())
    .addHelpText(
      'after',
      '\nExamples:\n  fieldproof demo             a gateway with a simulated fleet: start here\n  fieldproof setup            six questions, then a gateway of your own\n  fieldproof help devices     what a command can do\n',
    )
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
  const asked = argv[0] === 'help' ? argv[1] : argv[0]
  for (const [name, { about, load }] of Object.entries(commands)) {
    // Of the others the list in the help needs the name only.
    const command = name === asked ? await load() : new Command(name)
    program.addCommand(inherit(command.description(about)))
  }
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
const code = await main(process.argv.slice(2))
// A pipe holds 64 kB: what its reader has not taken yet would be lost with the process. A gateway
// that cannot go on (69 and above) waits for no reader.
if (code < 69) await new Promise((resolve) => process.stdout.write('', resolve))
process.exit(code)
