#!/usr/bin/env node
/**
 * The command line: argv, signals, exit code. The only place that ends the process. A command's
 * file is loaded when it is asked for, so that none pays for the others.
 */
import { Command, CommanderError } from 'commander'
import { exitCodeOf, report } from './commands/exit.js'
import { packageVersion } from './version.js'

interface Entry {
  about: string
  load(): Promise<Command>
}

const commands: Readonly<Record<string, Entry>> = {
  demo: {
    about: 'run a gateway with a simulated fleet, and the dashboard',
    load: async () => (await import('./commands/demo.js')).demoCommand(),
  },
  start: {
    about: 'run the gateway',
    load: async () => (await import('./commands/start.js')).startCommand(),
  },
  check: {
    about: 'read the configuration, name every mistake, and show what would hold',
    load: async () => (await import('./commands/check.js')).checkCommand(),
  },
  doctor: {
    about: 'look for what stands in the way, and say how to remove it',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
  status: {
    about: 'show what the running gateway does, and how well',
    load: async () => (await import('./commands/status.js')).statusCommand(),
  },
  devices: {
    about: 'list devices, approve them, stop them',
    load: async () => (await import('./commands/devices.js')).devicesCommand(),
  },
  simulate: {
    about: 'run virtual devices against a gateway, and check what it made of them',
    load: async () => (await import('./commands/simulate.js')).simulateCommand(),
  },
  epoch: {
    about: 'list and show closed epochs, close the open one, audit what was published',
    load: async () => (await import('./commands/epoch.js')).epochCommand(),
  },
  receipts: {
    about: 'check that readings with a receipt were logged and counted; keep evidence if not',
    load: async () => (await import('./commands/receipts.js')).receiptsCommand(),
  },
  proof: {
    about: 'get the proof file of one reading; "fieldproof verify" checks it anywhere',
    load: async () => (await import('./commands/proof.js')).proofCommand(),
  },
  verify: {
    about: 'check a proof file link by link; needs no gateway and no network',
    load: async () => (await import('./commands/verify.js')).verifyCommand(),
  },
  witness: {
    about: 'cosign checkpoints of other gateways, and keep evidence where one forks',
    load: async () => (await import('./commands/witness.js')).witnessCommand(),
  },
  claim: {
    about: 'turn what an account earned into tokens: show the claim, or send it',
    load: async () => (await import('./commands/claim.js')).claimCommand(),
  },
  chain: {
    about: 'put a distributor on a chain, and show what is on it',
    load: async () => (await import('./commands/chain.js')).chainCommand(),
  },
  export: {
    about: 'write raw values as CSV; for the operator’s own use, they are not for sale',
    load: async () => (await import('./commands/export.js')).exportCommand(),
  },
  backup: {
    about: 'copy the log and the gateway’s key to a new folder, and check the copy',
    load: async () => (await import('./commands/backup.js')).backupCommand(),
  },
  restore: {
    about: 'make a data directory from a backup; every record is checked first',
    load: async () => (await import('./commands/restore.js')).restoreCommand(),
  },
}

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('fieldproof')
    .description('Signed sensor readings in, provable contributions out; raw data stays home.')
    .version(packageVersion())
    .addHelpText(
      'after',
      '\nStart here:\n  fieldproof demo        a gateway with a simulated fleet\n',
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
process.exit(await main(process.argv.slice(2)))
