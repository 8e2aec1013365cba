/** Every command, in the order of the help. A command's file is loaded when it is asked for, so that none pays for the others. */
import type { Command } from 'commander'

export interface Entry {
  about: string
  load(): Promise<Command>
}

export const commands: Readonly<Record<string, Entry>> = {
  demo: {
    about: 'run a gateway with a simulated fleet, and the dashboard',
    load: async () => (await import('./demo.js')).demoCommand(),
  },
  setup: {
    about: 'ask six questions and write fieldproof.yaml',
    load: async () => (await import('./setup.js')).setupCommand(),
  },
  start: {
    about: 'run the gateway',
    load: async () => (await import('./start.js')).startCommand(),
  },
  check: {
    about: 'read the configuration, name every mistake, and show what would hold',
    load: async () => (await import('./check.js')).checkCommand(),
  },
  doctor: {
    about: 'look for what stands in the way, and say how to remove it',
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
  status: {
    about: 'show what the running gateway does, and how well',
    load: async () => (await import('./status.js')).statusCommand(),
  },
  watch: {
    about: 'show readings, refusals and checkpoints of the running gateway as they happen',
    load: async () => (await import('./watch.js')).watchCommand(),
  },
  devices: {
    about: 'list devices, approve them, stop them',
    load: async () => (await import('./devices.js')).devicesCommand(),
  },
  buyers: {
    about: 'add buyers, give them credits, list and remove them',
    load: async () => (await import('./buyers.js')).buyersCommand(),
  },
  provision: {
    about: 'give a new board its key, place and Wi-Fi by the cable, and approve it',
    load: async () => (await import('./provision.js')).provisionCommand(),
  },
  link: {
    about: 'print a link that signs one browser in to the dashboard, once',
    load: async () => (await import('./link.js')).linkCommand(),
  },
  owners: {
    about: 'give owners a token with which they see their own devices, or take it back',
    load: async () => (await import('./owners.js')).ownersCommand(),
  },
  simulate: {
    about: 'run virtual devices against a gateway, and check what it made of them',
    load: async () => (await import('./simulate.js')).simulateCommand(),
  },
  epoch: {
    about: 'list and show closed epochs, close the open one, audit what was published',
    load: async () => (await import('./epoch.js')).epochCommand(),
  },
  receipts: {
    about: 'check that readings with a receipt were logged and counted; keep evidence if not',
    load: async () => (await import('./receipts.js')).receiptsCommand(),
  },
  query: {
    about: 'ask a gateway for released rows as a buyer; every page is checked',
    load: async () => (await import('./query.js')).queryCommand(),
  },
  proof: {
    about: 'get the proof file of one reading; "fieldproof verify" checks it anywhere',
    load: async () => (await import('./proof.js')).proofCommand(),
  },
  verify: {
    about: 'check a proof or an answer link by link; needs no gateway and no network',
    load: async () => (await import('./verify.js')).verifyCommand(),
  },
  witness: {
    about: 'cosign checkpoints of other gateways, and keep evidence where one forks',
    load: async () => (await import('./witness.js')).witnessCommand(),
  },
  claim: {
    about: 'turn what an account earned into tokens: show the claim, or send it',
    load: async () => (await import('./claim.js')).claimCommand(),
  },
  chain: {
    about: 'put a distributor on a chain, and show what is on it',
    load: async () => (await import('./chain.js')).chainCommand(),
  },
  export: {
    about: 'write raw values as CSV; for the operator’s own use, they are not for sale',
    load: async () => (await import('./export.js')).exportCommand(),
  },
  backup: {
    about: 'copy the log and the gateway’s key to a new folder, and check the copy',
    load: async () => (await import('./backup.js')).backupCommand(),
  },
  restore: {
    about: 'make a data directory from a backup; every record is checked first',
    load: async () => (await import('./restore.js')).restoreCommand(),
  },
  service: {
    about: 'print a systemd unit that runs the gateway',
    load: async () => (await import('./service.js')).serviceCommand(),
  },
  completion: {
    about: 'print the completion of commands and options for a shell',
    load: async () => (await import('./completion.js')).completionCommand(() => commands),
  },
}
