import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isQuorumMet, parsePolicy } from '../../../gateway/core/log/policy.js'
import { testKey } from '../../support/witness.js'

const log = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const [a, b, c, d] = [2, 3, 4, 5].map((fill) =>
  testKey(`witness.example/${fill}`, fill, 'cosignature'),
)
const witnesses = [
  `witness A ${a!.vkey} https://a.example/`,
  `witness B ${b!.vkey}`,
  `witness C ${c!.vkey}`,
  `witness D ${d!.vkey}`,
].join('\n')

function policyOf(text: string) {
  const policy = parsePolicy(text)
  if (!policy.ok) throw new Error(policy.detail)
  return policy.value
}

describe('a policy', () => {
  it('reads logs, witnesses with addresses, groups and quorum', () => {
    const policy = policyOf(
      `# ours\n\n \tlog ${log.vkey}  http://log.example\t\n${witnesses}\n` +
        'group two 2 A B C\ngroup both all two D\nquorum both\n',
    )
    expect(policy.logs).toMatchObject([{ key: { name: log.name }, url: 'http://log.example' }])
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['A', 'https://a.example/'],
      ['B', undefined],
      ['C', undefined],
      ['D', undefined],
    ])
    expect(policy.groups).toEqual([
      { name: 'two', threshold: 2, members: ['A', 'B', 'C'] },
      { name: 'both', threshold: 2, members: ['two', 'D'] },
    ])
    expect(policy.quorum).toBe('both')
  })

  it.each<[string, string[], boolean]>([
    ['quorum none', [], true],
    ['quorum A', [], false],
    ['quorum A', ['A'], true],
    ['quorum A', ['B', 'C', 'D'], false],
    ['group g any A B\nquorum g', ['B'], true],
    ['group g any A B\nquorum g', ['C'], false],
    ['group g all A B\nquorum g', ['A'], false],
    ['group g all A B\nquorum g', ['A', 'B'], true],
    ['group g 2 A B C\ngroup h all g D\nquorum h', ['A', 'B', 'C'], false],
    ['group g 2 A B C\ngroup h all g D\nquorum h', ['A', 'C', 'D'], true],
    ['group g 2 A B C\ngroup h any g D\nquorum h', ['A', 'B'], true],
    ['group g 2 A B C\ngroup h any g D\nquorum h', ['A'], false],
  ])('%s with %j: %j', (lines, signed, isMet) => {
    const policy = policyOf(`${witnesses}\n${lines}\n`)
    expect(isQuorumMet(policy, new Set(signed))).toBe(isMet)
  })

  it('is never met by fewer once it is not met by more', () => {
    const policy = policyOf(`${witnesses}\ngroup g 2 A B C\ngroup h 1 g D\nquorum h\n`)
    const names = fc.subarray(['A', 'B', 'C', 'D'])
    fc.assert(
      fc.property(names, names, (some, more) => {
        if (isQuorumMet(policy, new Set(some)))
          expect(isQuorumMet(policy, new Set([...some, ...more]))).toBe(true)
      }),
    )
  })

  it.each<[string, string, RegExp]>([
    ['no quorum', witnesses, /no quorum line/],
    ['two quorums', `${witnesses}\nquorum A\nquorum A`, /line 6: a second quorum/],
    ['a quorum of nobody', 'quorum', /line 1: expected/],
    ['an unknown quorum', 'quorum A', /A is not defined above/],
    ['a quorum before its group', `${witnesses}\nquorum g\ngroup g any A`, /line 5: g is not/],
    ['an unknown word', 'quorums none', /"quorums" begins no line/],
    ['a word of every object', 'constructor', /begins no line/],
    ['a log with the key of a witness', `log ${a!.vkey}`, /type 01/],
    ['a witness with the key of a log', `witness A ${log.vkey}`, /type 04/],
    ['a log twice', `log ${log.vkey}\nlog ${log.vkey}`, /line 2: two logs/],
    [
      'a witness under two names',
      `witness A ${a!.vkey}\nwitness B ${testKey('other', 2, 'cosignature').vkey}`,
      /two witnesses have this key/,
    ],
    ['a name twice', `witness A ${a!.vkey}\nwitness A ${b!.vkey}`, /A is defined twice/],
    ['a group named as a witness', `${witnesses}\ngroup A any B`, /A is defined twice/],
    ['none as a name', `witness none ${a!.vkey}`, /meaning of its own/],
    ['a group of none', `${witnesses}\ngroup g any none`, /none is not defined/],
    ['an empty group', `${witnesses}\ngroup g any`, /expected: group/],
    ['a member of two groups', `${witnesses}\ngroup g any A\ngroup h any A`, /in a group already/],
    ['a member twice', `${witnesses}\ngroup g any A A`, /in a group already/],
    ['a group in itself', `${witnesses}\ngroup g any g`, /g is not defined above/],
    ['zero of them', `${witnesses}\ngroup g 0 A`, /no number from 1 to 1/],
    ['more than there are', `${witnesses}\ngroup g 3 A B`, /no number from 1 to 2/],
    ['a number with a zero before it', `${witnesses}\ngroup g 01 A B`, /no number/],
    ['a carriage return', 'quorum none\r\n', /control character/],
    ['a byte order mark', '\ufeffquorum none', /begins no line/],
    ['too much', `${'#'.repeat(70_000)}\n`, /too long/],
  ])('is refused: %s', (_, text, words) => {
    const policy = parsePolicy(text)
    expect(policy.ok ? 'accepted' : policy.detail).toMatch(words)
  })

  it('never throws on hostile text', () => {
    const word = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'none',
      'A',
      'any',
      '2',
      a!.vkey,
    )
    const line = fc.array(fc.oneof(word, fc.string()), { maxLength: 6 }).map((all) => all.join(' '))
    fc.assert(fc.property(fc.array(line), (lines) => void parsePolicy(lines.join('\n'))))
  })
})
