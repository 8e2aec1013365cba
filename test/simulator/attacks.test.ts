import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { simulateCommand } from '../../gateway/commands/simulate.js'
import type { Outcome } from '../../simulator/attacks/attack.js'
import { attackNames } from '../../simulator/attacks/attacks.js'
import { runCommand } from '../support/cli.js'
import { startGateway } from '../support/gateway.js'

it('ends every attack with a refusal, a flag or evidence', async () => {
  const gateway = await startGateway({ env: { FIELDPROOF_ENROLMENT__OPEN: 'true' } })
  const args = ['--attack', 'all', '--json', '--data-dir', gateway.dataDir]
  const { code, out, err } = await runCommand(simulateCommand(), args)
  const outcomes = JSON.parse(out) as Outcome[]
  expect(outcomes.map(({ attack }) => attack)).toEqual(attackNames)
  for (const { attack, held, detail } of outcomes) expect(held, `${attack}: ${detail}`).toBe(true)
  expect(code, err).toBe(0)
  const evidence = readFileSync(join(gateway.dataDir, 'evidence.jsonl'), 'utf8')
  expect(evidence.split('\n').length).toBe(2)
  expect(await gateway.stop()).toBe(0)
})

it('names the attacks that there are', async () => {
  const { code, err } = await runCommand(simulateCommand(), ['--attack', 'bribery'])
  expect(code).toBe(2)
  for (const name of attackNames) expect(err).toContain(name)
})
