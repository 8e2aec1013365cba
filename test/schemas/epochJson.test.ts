/** The published files of closed epochs, against the schemas that describe them. */
import { expect, it } from 'vitest'
import { jsonFormats } from '../../schemas/jsonFormats.js'
import { closedEpochs } from '../core/audit/closedEpochs.js'
import { operatorSite } from '../core/audit/operatorSite.js'

type Members = Record<string, unknown>

/** Every value with its format. */
const files: [keyof typeof jsonFormats, Members][] = closedEpochs(5, 6).flatMap((texts) => [
  ['epoch', JSON.parse(texts.record)],
  ['rewards', JSON.parse(texts.rewards)],
  ...texts.contributions
    .split('\n')
    .slice(0, -1)
    .map((line): [keyof typeof jsonFormats, Members] => ['contribution', JSON.parse(line)]),
])
for (const line of operatorSite({ seq: 0, what: 'nothing' }, 0).receipts.values())
  files.push(['receipt', JSON.parse(line)])

it('describes every file of random epochs, and kept receipts', () => {
  for (const name of ['epoch', 'rewards', 'contribution', 'receipt'] as const)
    expect(files.filter(([format]) => format === name).length).toBeGreaterThan(3)
  for (const [name, value] of files) {
    const parsed = jsonFormats[name].safeParse(value)
    expect([name, parsed.error?.issues]).toEqual([name, undefined])
  }
})

it('refuses them with a field more, a field less, and numbers in place of amounts', () => {
  for (const [name, value] of files) {
    const changes: Members[] = [{ ...value, more: 1 }]
    for (const field of Object.keys(value)) {
      const { [field]: _, ...less } = value
      if (field !== 'message') changes.push(less)
      if (/^\d+$/.test(String(value[field])))
        changes.push({ ...value, [field]: typeof value[field] === 'string' ? 1 : '1' })
    }
    for (const changed of changes)
      expect([name, jsonFormats[name].safeParse(changed).success]).toEqual([name, false])
  }
})
