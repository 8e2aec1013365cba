import { resolve } from 'node:path'
import { Command } from 'commander'
import { makeBackup } from './makeBackup.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { formatBytes, print, printJson } from './output.js'
import { createProgressBar } from './progress.js'

interface BackupOptions extends CommonOptions {
  /** False with `--no-key`. */
  key: boolean
  json?: boolean
}

/** `fieldproof backup`: a checked copy of the log, whether the gateway runs or not. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .argument('<folder>', 'folder to make; it must not exist')
    .option('--no-key', 'leave the gateway’s key out; keep it elsewhere, restore needs it')
    .option('--json', 'print what was copied as JSON')
    .addHelpText(
      'after',
      `
The gateway may run meanwhile. With the key in it, the copy can sign as this gateway: keep it safe.
The configuration is a file of yours and not part of it.

Examples:
  fieldproof backup /mnt/usb/fieldproof-$(date +%F)
  fieldproof backup /srv/backups/today --no-key`,
    )
  return addCommonOptions(command).action(run)
}

async function run(folder: string, options: BackupOptions): Promise<void> {
  const { dataDir } = await configOf(options)
  const target = resolve(folder)
  const copying = createProgressBar('copying', formatBytes)
  const checking = createProgressBar('checking entries')
  const progress = {
    copied: copying.show,
    checked(done: number, total: number): void {
      copying.end()
      checking.show(done, total)
    },
  }
  const manifest = await makeBackup(dataDir, target, options.key, progress).finally(() => {
    copying.end()
    checking.end()
  })
  if (options.json) return printJson({ folder: target, ...manifest })
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  print(`${manifest.entries} log entries, ${formatBytes(bytes)}, copied to ${target} and checked`)
  if (!options.key) print('without gateway.key: restore needs it beside this backup')
}
