import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startGateway, temporaryFolder, until } from '../support/gateway.js'

test('SIGHUP reads the file again: what holds, what needs a restart, what is wrong', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'fieldproof.yaml')
  writeFileSync(file, 'enrolment: {open: false}\n')
  const gateway = await startGateway({ args: ['--config', file] })
  const said = (text: string) =>
    until(text, () => gateway.output().includes(text), { detail: () => gateway.output() })
  writeFileSync(file, 'enrolment: {open: true}\nlog: {checkpointInterval: PT2S}\n')
  gateway.process.kill('SIGHUP')
  await said('configuration read again: applied enrolment.open; needs a restart: log.checkpoint')
  writeFileSync(file, 'enrolment: {opne: true}\n')
  gateway.process.kill('SIGHUP')
  await said('configuration not taken over: the configuration is wrong')
  expect(gateway.output()).toContain('did you mean enrolment.open?')
  writeFileSync(file, 'enrolment: {open: true}\nlog: {checkpointInterval: PT2S}\n')
  gateway.process.kill('SIGHUP')
  await said('nothing to apply; needs a restart: log.checkpointInterval')
  expect(await gateway.stop()).toBe(0)
})

test('a folder for backups inside the data directory is refused, one beside it is taken', async () => {
  const dataDir = temporaryFolder()
  const inside = join(dataDir, 'backups')
  await expect(
    startGateway({ dataDir, env: { FIELDPROOF_BACKUP__FOLDER: inside } }),
  ).rejects.toThrow('inside the data directory')
  const beside = temporaryFolder()
  const gateway = await startGateway({ dataDir, env: { FIELDPROOF_BACKUP__FOLDER: beside } })
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('fieldproof_backup_time_seconds 0')
  expect(await gateway.stop()).toBe(0)
  expect(readdirSync(beside)).toEqual([])
})
