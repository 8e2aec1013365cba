import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serviceCommand, systemdUnit } from '../../gateway/commands/service.js'
import { runCommand } from '../support/cli.js'
import { temporaryFolder } from '../support/gateway.js'

const unit = systemdUnit({
  node: '/usr/bin/node',
  main: '/opt/field proof/main.js',
  dataDir: '/var/lib/fieldproof',
  configFile: '/etc/100%.yaml',
  backupFolder: '/mnt/usb',
  user: 'pi',
})

test('starts this program, with paths that systemd reads as they are', () => {
  expect(unit).toContain(
    'ExecStart=/usr/bin/node "/opt/field proof/main.js" start --config /etc/100%%.yaml --data-dir /var/lib/fieldproof',
  )
  expect(unit).toContain('ReadWritePaths=/var/lib/fieldproof /mnt/usb\n')
  expect(unit).toContain('ExecReload=/bin/kill -HUP $MAINPID')
})

test('may speak to boards, and gives up what it does not need', () => {
  for (const line of [
    'User=pi',
    'SupplementaryGroups=dialout',
    'DeviceAllow=char-ttyUSB rw',
    'ProtectSystem=strict',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'RestartPreventExitStatus=2 73 77 78',
  ])
    expect(unit.split('\n')).toContain(line)
  for (const line of unit.split('\n')) expect(line).toMatch(/^(|#.*|\[\w+\]|\w+=.*)$/)
})

test('systemd finds no fault in it, where there is one to ask', async () => {
  const { code, out } = await runCommand(serviceCommand(), ['print', '--user', 'root'])
  expect(code).toBe(0)
  const file = join(temporaryFolder('unit'), 'fieldproof.service')
  writeFileSync(file, out)
  const { error, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  if (error === undefined) expect(stderr).not.toContain('fieldproof.service:')
  expect(out).toMatch(/^ExecStart=\S*node \S+main\.js start --/m)
})
