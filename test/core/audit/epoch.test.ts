import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditEpoch, type EpochTexts } from '../../../gateway/core/audit/epoch.js'
import { fromB64u, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { canonicalJson, type Json } from '../../../gateway/core/json.js'
import { encodeEpoch, epochJson, parseEpoch } from '../../../gateway/core/log/epoch.js'
import { rootOfLeaves } from '../../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../../gateway/core/log/tree.js'
import { holderOf } from '../../support/holder.js'
import { importsOf, sourcesBelow } from '../../support/imports.js'
import { projectRoot } from '../../support/root.js'
import { afterAll, closedEpochs, findingsOf, gateway, network, perHour } from './closedEpochs.js'

type Members = Record<string, Json>

/** A chain with rows of every kind in its last epoch. */
const chain = longChain()

function longChain(): EpochTexts[] {
  for (let seed = 1; ; seed++) {
    const texts = closedEpochs(seed, 4)
    const rows = texts
      .at(-1)!
      .contributions.split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
    const has = (name: string): boolean => rows.some((row) => row[name] !== '0')
    const isRich = rows.filter((row) => row.weight > 0 && row.n > 1).length > 2
    if (isRich && ['capped', 'usage', 'coverage'].every(has)) return texts
  }
}

const before = afterAll(chain.slice(0, -1))

/** What an audit finds in the last epoch where it was changed. */
function foundInLast(change: Partial<EpochTexts>, rate?: bigint): string[] {
  const texts = { ...chain.at(-1)!, ...change }
  const gatewayKey = gateway.publicKey
  const audit = auditEpoch({ n: chain.length, texts, before, gatewayKey, perHour: rate })
  return audit.checks.flatMap(({ findings }) => findings)
}

/** A value of the same kind that is another one. */
function another(value: Json): Json {
  if (typeof value === 'number') return value + 1
  if (typeof value !== 'string') return { ...(value as Members), late: 1 }
  if (/^[0-9]+$/.test(value)) return `${BigInt(value) + 1n}`
  const last = value.at(-1)!
  return `${value.slice(0, -1)}${last === '0' ? '1' : '0'}`
}

describe('the audit of real files', () => {
  it('holds for chains of random epochs', () => {
    const seed = Date.now() % 2 ** 31
    for (let i = 0; i < 8; i++) {
      const token = i % 2 === 0 ? undefined : `0x${'12'.repeat(20)}`
      const found = findingsOf(closedEpochs(seed + i, 12, token), { perHour, network })
      expect({ seed: seed + i, found }).toEqual({ seed: seed + i, found: [] })
    }
  })

  it('says what it has checked', () => {
    const [texts] = chain
    const audit = auditEpoch({
      n: 1,
      texts: texts!,
      before: undefined,
      gatewayKey: gateway.publicKey,
      gateway: deviceIdOf(gateway.publicKey),
    })
    expect(audit.checks.map(({ check, state }) => `${check} ${state}`)).toEqual(
      ['record', 'signature', 'chain', 'ruleset', 'rows', 'factors', 'density', 'amounts']
        .concat(['pool', 'aggregates', 'rewards', 'ledger'])
        .map((check) => `${check} ok`),
    )
  })

  it('says what it could not check without the epoch before', () => {
    const audit = auditEpoch({
      n: 4,
      texts: chain.at(-1)!,
      before: undefined,
      gatewayKey: gateway.publicKey,
    })
    const skipped = audit.checks.filter(({ state }) => state === 'skipped')
    expect(skipped.map(({ check }) => check)).toEqual(['chain', 'ledger'])
    expect(audit.checks.every(({ state }) => state !== 'bad')).toBe(true)
  })

  it('imports nothing of the room that settles', () => {
    const root = projectRoot()
    const imports = sourcesBelow(root, 'gateway/core/audit').flatMap((file) =>
      importsOf(root, file),
    )
    expect(imports.length).toBeGreaterThan(30)
    expect(imports.filter(({ to }) => to.startsWith('gateway/core/rewards/'))).toEqual([])
  })
})

describe('a file that was changed', () => {
  const record = JSON.parse(chain.at(-1)!.record) as Members

  it.each(Object.keys(record))('record: %s', (name) => {
    const value = record[name]!
    const changed = Array.isArray(value) ? value.with(2, another(value[2]!)) : another(value)
    const found = foundInLast({ record: JSON.stringify({ ...record, [name]: changed }) })
    expect(found.filter((one) => one.startsWith('4.json') && one.includes(name))).not.toEqual([])
  })

  it('record: a field more, and one that is missing', () => {
    const { paid: _, ...less } = record
    for (const changed of [{ ...record, more: 1 }, less])
      expect(foundInLast({ record: JSON.stringify(changed) }).length).toBe(1)
  })

  const rows = chain.at(-1)!.contributions.split('\n').slice(0, -1)

  it.each(Object.keys(JSON.parse(rows[0]!)))('contributions.ndjson: %s of any row', (name) => {
    for (const [i, line] of rows.entries()) {
      const row = JSON.parse(line) as Members
      const changed = canonicalJson({ ...row, [name]: another(row[name]!) })
      const text = `${rows.with(i, changed).join('\n')}\n`
      const found = foundInLast({ contributions: text })
      expect(found.some((one) => /contribRoot|line \d+/.test(one))).toBe(true)
    }
  })

  it('contributions.ndjson: a line less, twice, out of order, in another form, without its end', () => {
    const changes = [
      rows.slice(1),
      [...rows, rows.at(-1)!],
      rows.toReversed(),
      rows.map((line) => line.replace(',', ', ')),
    ]
    for (const lines of changes)
      expect(foundInLast({ contributions: `${lines.join('\n')}\n` })).not.toEqual([])
    const cut = foundInLast({ contributions: rows.join('\n') })
    expect(cut.join()).toContain('contributions.ndjson: the last line has no end')
  })

  const rewards = JSON.parse(chain.at(-1)!.rewards) as Members & { tree: Members[] }

  it.each(['id', 'root', 'metadata'])('rewards.json: %s', (name) => {
    const changed = canonicalJson({ ...rewards, [name]: another(rewards[name]!) })
    const found = foundInLast({ rewards: `${changed}\n` })
    expect(found.some((one) => one.includes(`rewards.json: ${name}`))).toBe(true)
  })

  it.each(['account', 'reward', 'claimable', 'proof'])('rewards.json: %s of a claim', (name) => {
    for (const [i, claim] of rewards.tree.entries()) {
      const value = claim[name]!
      const other = Array.isArray(value) ? value.slice(1) : another(value)
      if (Array.isArray(value) && value.length === 0) continue
      const tree = rewards.tree.with(i, { ...claim, [name]: other })
      const changed = canonicalJson({ ...rewards, tree })
      const found = foundInLast({ rewards: `${changed}\n` })
      expect(found.some((one) => one.includes('rewards.json'))).toBe(true)
      const place = name === 'claimable' ? 'rewardRoot' : `tree[${i}]`
      expect(found.join('\n')).toContain(place)
    }
  })

  it('aggregates.ndjson: a row that is not in the record', () => {
    const line = canonicalJson({
      key: 'temperature|87195da4affffff|900|1761998400',
      vh: 'A'.repeat(43),
    })
    const found = foundInLast({ aggregates: `${line}\n` }).join('\n')
    expect(found).toContain('record: aggCount is 0, not 1')
    expect(found).toContain('record: aggRoot')
    expect(found).toContain('line 1: key temperature|87195da4affffff|900|1761998400 was due at')
  })

  it('any character of any file', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('record', 'contributions', 'rewards' as const),
        fc.nat(),
        fc.constantFrom('0', '9', 'a', ' ', '"'),
        (file, place, character) => {
          const text = chain.at(-1)![file as keyof EpochTexts]
          const at = place % text.length
          fc.pre(text[at] !== character && !(file === 'record' && text[at] === '\n'))
          const changed = `${text.slice(0, at)}${character}${text.slice(at + 1)}`
          expect(foundInLast({ [file]: changed })).not.toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('an operator who signs what is not so', () => {
  /** The last epoch with its rows changed, root and record made new and signed. */
  function resigned(change: (row: Members, i: number) => Members): string[] {
    const last = chain.at(-1)!
    const lines = last.contributions
      .split('\n')
      .slice(0, -1)
      .map((line, i) => canonicalJson(change(JSON.parse(line), i)))
    const bytes = fromB64u((JSON.parse(last.record) as { record: string }).record)!
    const parsed = parseEpoch(bytes)
    if (!parsed.ok) throw new Error(parsed.detail)
    const contribRoot = rootOfLeaves(lines.map((line) => leafHash(utf8(line))))
    const fields = { ...parsed.value, contribRoot }
    const record = encodeEpoch(fields, gateway)
    const texts = {
      record: JSON.stringify(epochJson(fields, record)),
      contributions: `${lines.join('\n')}\n`,
    }
    return foundInLast(texts, perHour)
  }

  const weights = chain
    .at(-1)!
    .contributions.split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { weight: number }).weight)
  const richest = weights.indexOf(Math.max(...weights))

  const told: [string, string][] = [
    ['weight', 'weight is'],
    ['qualityBp', 'weight is'],
    ['uptimeBp', 'uptimeBp is'],
    ['m', 'weight is'],
    ['n', 'n is'],
    ['expected', 'expected'],
    ['coverage', 'coverage is'],
    ['capped', 'capped is'],
    ['usage', 'paid is'],
    ['paid', 'paid is'],
    ['rejected', 'rejected is'],
    ['epoch', 'epoch is'],
    ['owner', 'gained'],
  ]

  it.each(told)('is told of %s', (name, words) => {
    const found = resigned((row, i) => {
      if (i !== richest) return row
      const value = row[name]!
      if (name === 'expected') return { ...row, expected: 999_983 }
      if (name === 'n') return { ...row, n: 40 }
      if (name === 'owner') return { ...row, owner: `0x${'9'.repeat(40)}` }
      if (name === 'uptimeBp') return { ...row, uptimeBp: 9_999 }
      if (name === 'qualityBp')
        return { ...row, qualityBp: 5_000, reasons: { ...(row.reasons as Members), flat: 1 } }
      return { ...row, [name]: another(value) }
    })
    expect(found.join('\n')).toContain(words)
  })

  it('is told of an owner that was dropped', () => {
    const found = resigned((row, i) => (i === richest ? { ...row, weight: 0, coverage: '0' } : row))
    expect(found.join('\n')).toContain('weight is 0, its factors give')
  })

  it('is told of another key, network and gateway', () => {
    const asked = { network: 'other', gateway: 'aaaaaaaaaaaaa' }
    const found = findingsOf(chain.slice(0, 1), asked).join('\n')
    expect(found).toContain('not of aaaaaaaaaaaaa')
    expect(found).toContain('record is of network testnet, not other')
    const { publicKey } = holderOf(8)
    expect(findingsOf(chain.slice(0, 1), { gatewayKey: publicKey }).join()).toContain('another key')
  })

  it('is told of a rate that is not the promised one', () => {
    const found = findingsOf(chain, { perHour: perHour + 10n ** 9n }).join('\n')
    expect(found).toContain('record: poolIn is')
  })

  it('is told of an epoch put in the place of another', () => {
    const [first, second, third] = chain
    const found = findingsOf([first!, third!, second!]).join('\n')
    for (const name of ['n is', 'from is', 'firstIndex is', 'previous is'])
      expect(found).toContain(name)
  })

  it('is told of claims that fell, disappeared or were doubled', () => {
    const other = closedEpochs(99, 4)
    const found = findingsOf([...chain.slice(0, 3), other[3]!]).join('\n')
    expect(found).toMatch(/has disappeared|fell by|gained/)
  })
})

it('names the ruleset by the hash of its text', () => {
  const page = readFileSync(join(projectRoot(), 'schemas/rewards.md'), 'utf8')
  const text = /```\n(\{"capBp".*\})\n```/.exec(page)![1]!
  const bytes = fromB64u((JSON.parse(chain[0]!.record) as { record: string }).record)!
  const record = parseEpoch(bytes)
  expect(record.ok && toHex(record.value.ruleset)).toBe(sha256Hex(text))
})

function sha256Hex(text: string): string {
  return toHex(new Uint8Array(createHash('sha256').update(text).digest()))
}
