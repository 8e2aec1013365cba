import { Command } from 'commander'
import { portArgument } from './options.js'
import { print, printPairs } from './output.js'
import type { WitnessSettings } from './runWitness.js'

/** `fieldproof witness`: cosigns checkpoints of other gateways, and catches them where they fork. */
export function witnessCommand(): Command {
  return new Command('witness')
    .option('--name <name>', 'name under which it signs, such as witness.example/w1; once')
    .option('--dir <folder>', 'folder of its key, state and evidence', './fieldproof-witness')
    .option('--log <vkey...>', 'verifier key of a log to follow: vkey of its /gateway.json', [])
    .option('--logs <file>', 'logs to follow: the log lines of a C2SP tlog-policy file')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'its port; 0 takes a free one', portArgument, 8486)
    .addHelpText(
      'after',
      `
It signs only trees that contain the tree it signed before. Evidence of a fork is a file in
forks/ of its folder; "fieldproof verify FILE" checks it anywhere. Never run two witnesses on
copies of one folder, and never go on with an old copy: begin a new one with a new key.

Examples:
  fieldproof witness --name witness.example/w1 --logs policy.txt
  fieldproof witness --log "$(curl -s http://gateway.lan:8484/gateway.json | jq -r .vkey)"`,
    )
    .action(run)
}

async function run(options: WitnessSettings): Promise<void> {
  // Loaded here, so that --help does not wait for it.
  const { runWitness } = await import('./runWitness.js')
  await runWitness(options, ({ vkey, url, logs, dir }) => {
    print('FieldProof witness')
    printPairs([
      ['key', vkey],
      ['address', url],
      ['follows', logs.join(', ')],
      ['folder', dir],
    ])
    print(`in a policy:  witness NAME ${vkey} ${url}`)
  })
}
