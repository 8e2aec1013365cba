/**
 * Trust policies (C2SP tlog-policy): which logs and witnesses somebody believes, and how many
 * witnesses must have signed. A text of lines; names mean something inside the file only.
 */
import { equal } from '../bytes.js'
import { policyBytesMax, policyEntriesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type NoteKey, parseVkey } from './note.js'

export interface PolicyLog {
  /** Its name is the log's origin. */
  key: NoteKey
  url?: string
}

export interface PolicyWitness {
  /** Name inside the policy; the key has one of its own. */
  name: string
  key: NoteKey
  /** Submission prefix of C2SP tlog-witness. */
  url?: string
}

export interface PolicyGroup {
  name: string
  /** Members, witnesses or groups, that must have signed; from 1 to their number. */
  threshold: number
  members: string[]
}

export interface Policy {
  /** Empty where the policy leaves open whose checkpoints it is for. */
  logs: PolicyLog[]
  witnesses: PolicyWitness[]
  /** Each refers to earlier ones only. */
  groups: PolicyGroup[]
  /** A witness or a group; `undefined` where none has to sign. */
  quorum: string | undefined
}

interface Reading extends Policy {
  hasQuorum: boolean
  /** Names that are already in a group. */
  members: Set<string>
}

/** Handles one line's fields; says what is wrong with them. */
type LineReader = (policy: Reading, fields: string[]) => string | undefined

const readers: Readonly<Record<string, LineReader>> = {
  log: readLog,
  witness: readWitness,
  group: readGroup,
  quorum: readQuorum,
}

/** Reads a policy; `malformed` names the line. */
export function parsePolicy(text: string): Result<Policy> {
  if (text.length > policyBytesMax) return refuse('malformed', 'the policy is too long')
  const policy: Reading = {
    logs: [],
    witnesses: [],
    groups: [],
    quorum: undefined,
    hasQuorum: false,
    members: new Set(),
  }
  for (const [i, line] of text.split('\n').entries()) {
    const wrong = readLine(policy, line)
    if (wrong !== undefined) return refuse('malformed', `line ${i + 1}: ${wrong}`)
  }
  if (!policy.hasQuorum)
    return refuse('malformed', 'there is no quorum line; write "quorum none" where none must sign')
  const { logs, witnesses, groups, quorum } = policy
  return accept({ logs, witnesses, groups, quorum })
}

function readLine(policy: Reading, line: string): string | undefined {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return 'a control character'
  }
  const fields = line.split(/[ \t]+/).filter((field) => field !== '')
  const [word, ...rest] = fields
  if (word === undefined || word.startsWith('#')) return undefined
  const reader = Object.hasOwn(readers, word) ? readers[word] : undefined
  return reader === undefined ? `"${word}" begins no line of a policy` : reader(policy, rest)
}

function readLog(policy: Reading, [vkey, url, ...rest]: string[]): string | undefined {
  if (vkey === undefined || rest.length > 0) return 'expected: log <vkey> [<url>]'
  const key = parseVkey(vkey)
  if (!key.ok) return `the log's key: ${key.detail}`
  if (policy.logs.some((log) => equal(log.key.publicKey, key.value.publicKey)))
    return 'two logs have this key'
  if (policy.logs.length >= policyEntriesMax) return `more than ${policyEntriesMax} logs`
  policy.logs.push({ key: key.value, ...(url === undefined ? {} : { url }) })
  return undefined
}

function readWitness(policy: Reading, [name, vkey, url, ...rest]: string[]): string | undefined {
  if (name === undefined || vkey === undefined || rest.length > 0)
    return 'expected: witness <name> <vkey> [<url>]'
  const taken = nameProblem(policy, name)
  if (taken !== undefined) return taken
  const key = parseVkey(vkey, 'cosignature')
  if (!key.ok) return `the key of witness ${name}: ${key.detail}`
  if (policy.witnesses.some((one) => equal(one.key.publicKey, key.value.publicKey)))
    return 'two witnesses have this key'
  if (policy.witnesses.length >= policyEntriesMax) return `more than ${policyEntriesMax} witnesses`
  policy.witnesses.push({ name, key: key.value, ...(url === undefined ? {} : { url }) })
  return undefined
}

function readGroup(policy: Reading, [name, count, ...members]: string[]): string | undefined {
  if (name === undefined || count === undefined || members.length === 0)
    return 'expected: group <name> <number, "any" or "all"> <name>...'
  const taken = nameProblem(policy, name)
  if (taken !== undefined) return taken
  for (const member of members) {
    if (!isDefined(policy, member)) return `${member} is not defined above`
    if (policy.members.has(member)) return `${member} is in a group already`
    policy.members.add(member)
  }
  const threshold = thresholdOf(count, members.length)
  if (threshold === undefined) return `"${count}" is no number from 1 to ${members.length}`
  if (policy.groups.length >= policyEntriesMax) return `more than ${policyEntriesMax} groups`
  policy.groups.push({ name, threshold, members })
  return undefined
}

function thresholdOf(count: string, members: number): number | undefined {
  if (count === 'any') return 1
  if (count === 'all') return members
  const threshold = /^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : 0
  return threshold >= 1 && threshold <= members ? threshold : undefined
}

function readQuorum(policy: Reading, [name, ...rest]: string[]): string | undefined {
  if (name === undefined || rest.length > 0) return 'expected: quorum <name>'
  if (policy.hasQuorum) return 'a second quorum'
  if (name !== 'none' && !isDefined(policy, name)) return `${name} is not defined above`
  policy.hasQuorum = true
  policy.quorum = name === 'none' ? undefined : name
  return undefined
}

function nameProblem(policy: Reading, name: string): string | undefined {
  if (name === 'none') return '"none" has a meaning of its own'
  return isDefined(policy, name) ? `${name} is defined twice` : undefined
}

function isDefined({ witnesses, groups }: Policy, name: string): boolean {
  return witnesses.some((one) => one.name === name) || groups.some((one) => one.name === name)
}

/** Whether the quorum is reached where the witnesses of these names (of the policy) have signed. */
export function isQuorumMet(policy: Policy, signed: ReadonlySet<string>): boolean {
  const { groups, quorum } = policy
  const met = new Set(signed)
  // Groups refer to earlier ones only, so one pass in their order is enough.
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name)
  }
  return quorum === undefined || met.has(quorum)
}
