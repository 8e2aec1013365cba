import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { configFileOf } from '../config.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { print } from './output.js'

interface ServiceOptions extends CommonOptions {
  user?: string
}

export interface UnitOptions {
  /** Absolute. */
  node: string
  main: string
  dataDir: string
  configFile?: string
  /** Where nightly backups go. */
  backupFolder?: string
  user: string
}

/** `fieldproof service`: the gateway under systemd. */
export function serviceCommand(): Command {
  const command = new Command('service').addHelpText(
    'after',
    '\nExample:\n  fieldproof service print | sudo tee /etc/systemd/system/fieldproof.service',
  )
  command.addCommand(printCommand())
  return command
}

function printCommand(): Command {
  const command = new Command('print')
    .description('print a hardened systemd unit for this machine')
    .option('-u, --user <name>', 'user that runs the gateway (default: you)')
    .addHelpText(
      'after',
      `
The unit may write the data directory and the folder of backups, open serial ports (group dialout) and
speak IP, and nothing else. What it prints goes to the journal, which rotates it.

Examples:
  fieldproof service print | sudo tee /etc/systemd/system/fieldproof.service
  sudo systemctl daemon-reload && sudo systemctl enable --now fieldproof
  sudo systemctl reload fieldproof && journalctl -u fieldproof -n 1
  journalctl -u fieldproof -f`,
    )
  return addCommonOptions(command).action(run)
}

async function run(options: ServiceOptions): Promise<void> {
  const config = await configOf(options)
  const file = configFileOf({ file: options.config, env: process.env })
  print(
    systemdUnit({
      node: process.execPath,
      main: fileURLToPath(new URL('../main.js', import.meta.url)),
      dataDir: config.dataDir,
      ...(file === undefined ? {} : { configFile: resolve(file) }),
      ...(config.backup.folder === undefined ? {} : { backupFolder: config.backup.folder }),
      user: options.user ?? userInfo().username,
    }),
  )
}

/** The unit (systemd.exec(5)). */
export function systemdUnit(unit: UnitOptions): string {
  const { node, main, dataDir, configFile, backupFolder, user } = unit
  const arguments_ = configFile === undefined ? [] : ['--config', configFile]
  const command = [node, main, 'start', ...arguments_, '--data-dir', dataDir].map(quoted).join(' ')
  const writable = [dataDir, ...(backupFolder === undefined ? [] : [backupFolder])]
  return `[Unit]
Description=FieldProof gateway
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target

[Service]
Type=exec
ExecStart=${command}
ExecReload=/bin/kill -HUP $MAINPID
User=${user}
SupplementaryGroups=dialout
Restart=on-failure
RestartSec=5
# Wrong configuration, a foreign data directory, no permission: starting again mends none of them.
RestartPreventExitStatus=2 73 77 78
TimeoutStopSec=15
UMask=0077

# What it may write. The folders must be there: systemd makes none of these.
ProtectSystem=strict
ReadWritePaths=${writable.map(quoted).join(' ')}
PrivateTmp=yes

# Serial ports, and no other device.
DevicePolicy=closed
DeviceAllow=char-ttyACM rw
DeviceAllow=char-ttyUSB rw

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
# Netlink: the system's list of interfaces and ports.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# Not MemoryDenyWriteExecute: JavaScript is compiled while it runs.

[Install]
WantedBy=multi-user.target`
}

/** systemd.syntax(7): quotes, and specifiers that stand for themselves. */
function quoted(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[A-Za-z0-9_@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
