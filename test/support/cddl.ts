/**
 * As much of CDDL (RFC 8610) as schemas/fp1.cddl uses: choices, ranges, literals, `.size`, `.cbor`,
 * `.regexp`, tags, arrays with occurrences, maps with literal keys, and generic rules.
 */
import { oracleDecode, type Tree } from './cborOracle.js'

type Type =
  | { is: 'choice'; of: Type[] }
  | { is: 'int'; from: bigint; to: bigint }
  | { is: 'text'; text: string }
  | { is: 'rule'; name: string; args: Type[] }
  | { is: 'control'; control: string; target: Type; value: Type }
  | { is: 'tag'; tag: bigint; item: Type }
  | { is: 'array' | 'map'; entries: Entry[] }

interface Entry {
  least: number
  most: number
  /** Literal in a map, a mere label in an array. */
  key: Type | undefined
  type: Type
}

interface Rule {
  params: string[]
  type: Type
}

export type Cddl = ReadonlyMap<string, Rule>

const tokenForm =
  /\s+|;[^\n]*|(#6\.\d+|"[^"]*"|-?\d+\*?-?\d*(?=\s)|-?\d+|\.\.|\.[a-z]+|[A-Za-z][A-Za-z0-9-]*|[=/<>,:?*+()[\]{}])/gy

/** Reads rules; throws at what it does not know. */
export function parseCddl(source: string): Cddl {
  const tokens: string[] = []
  let end = 0
  for (const match of source.matchAll(tokenForm)) {
    if (match[1] !== undefined) tokens.push(match[1])
    end = match.index + match[0].length
  }
  if (end !== source.length) throw new Error(`CDDL: ${source.slice(end, end + 40)}`)
  const parser = new Parser(tokens)
  return parser.rules()
}

class Parser {
  private at = 0
  private readonly tokens: readonly string[]

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }

  rules(): Map<string, Rule> {
    const rules = new Map<string, Rule>()
    while (this.at < this.tokens.length) {
      const name = this.next()
      const params = this.take('<') ? this.list(() => this.next()) : []
      this.must('=')
      if (rules.has(name)) throw new Error(`CDDL: ${name} twice`)
      rules.set(name, { params, type: this.type() })
    }
    return rules
  }

  private type(): Type {
    const of = [this.controlled()]
    while (this.take('/')) of.push(this.controlled())
    return of.length === 1 ? of[0]! : { is: 'choice', of }
  }

  private controlled(): Type {
    const target = this.primary()
    const token = this.peek()
    if (token === '..') {
      this.at++
      const to = this.primary()
      if (target.is !== 'int' || to.is !== 'int') throw new Error('CDDL: range')
      return { is: 'int', from: target.from, to: to.to }
    }
    if (!/^\.[a-z]+$/.test(token)) return target
    return { is: 'control', control: this.next(), target, value: this.primary() }
  }

  private primary(): Type {
    const token = this.next()
    if (token === '(') {
      const inner = this.type()
      this.must(')')
      return inner
    }
    if (token === '[') return { is: 'array', entries: this.entries(']') }
    if (token === '{') return { is: 'map', entries: this.entries('}') }
    if (token.startsWith('"')) return { is: 'text', text: token.slice(1, -1) }
    if (/^-?\d+$/.test(token)) return { is: 'int', from: BigInt(token), to: BigInt(token) }
    if (token.startsWith('#6.')) {
      this.must('(')
      const item = this.type()
      this.must(')')
      return { is: 'tag', tag: BigInt(token.slice(3)), item }
    }
    if (!/^[A-Za-z]/.test(token)) throw new Error(`CDDL: unexpected ${token}`)
    return { is: 'rule', name: token, args: this.take('<') ? this.list(() => this.type()) : [] }
  }

  private entries(close: string): Entry[] {
    const entries: Entry[] = []
    while (!this.take(close)) {
      const [least, most] = this.occurrence()
      const first = this.type()
      const isKey = this.take(':')
      entries.push({
        least,
        most,
        key: isKey ? first : undefined,
        type: isKey ? this.type() : first,
      })
      this.take(',')
    }
    return entries
  }

  private occurrence(): [number, number] {
    if (this.take('?')) return [0, 1]
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY]
    const bounds = /^(\d+)\*(\d+)$/.exec(this.peek())
    if (bounds === null) return [1, 1]
    this.at++
    return [Number(bounds[1]), Number(bounds[2])]
  }

  /** Items up to `>`. */
  private list<T>(item: () => T): T[] {
    const items = [item()]
    while (this.take(',')) items.push(item())
    this.must('>')
    return items
  }

  private peek(): string {
    return this.tokens[this.at] ?? ''
  }

  private next(): string {
    const token = this.peek()
    this.at++
    return token
  }

  private take(token: string): boolean {
    if (this.peek() !== token) return false
    this.at++
    return true
  }

  private must(token: string): void {
    if (!this.take(token)) throw new Error(`CDDL: expected ${token} before ${this.peek()}`)
  }
}

type Bindings = ReadonlyMap<string, Type>

/** Whether bytes are one item of the rule. */
export function matchesCddl(cddl: Cddl, rule: string, bytes: Uint8Array): boolean {
  let tree: Tree
  try {
    tree = oracleDecode(bytes)
  } catch {
    return false
  }
  return matches(cddl, { is: 'rule', name: rule, args: [] }, tree, new Map())
}

function matches(cddl: Cddl, type: Type, tree: Tree, bound: Bindings): boolean {
  const inner = (one: Type, item: Tree): boolean => matches(cddl, one, item, bound)
  switch (type.is) {
    case 'choice':
      return type.of.some((one) => inner(one, tree))
    case 'int':
      return tree.kind === 'int' && tree.value >= type.from && tree.value <= type.to
    case 'text':
      return tree.kind === 'text' && tree.value === type.text
    case 'tag':
      return tree.kind === 'tag' && tree.tag === type.tag && inner(type.item, tree.item)
    case 'array':
      return tree.kind === 'array' && isSequence(type.entries, tree.items, inner)
    case 'map':
      return tree.kind === 'map' && isMap(type.entries, tree.pairs, inner)
    case 'control':
      return inner(type.target, tree) && isControlled(cddl, type, tree, bound)
    case 'rule':
      return isRule(cddl, type, tree, bound)
  }
}

function isRule(
  cddl: Cddl,
  { name, args }: Type & { is: 'rule' },
  tree: Tree,
  bound: Bindings,
): boolean {
  const given = bound.get(name)
  if (given !== undefined) return matches(cddl, given, tree, new Map())
  if (name === 'text') return tree.kind === 'text'
  if (name === 'bytes' || name === 'bstr') return tree.kind === 'bytes'
  if (name === 'uint') return tree.kind === 'int' && tree.value >= 0n
  const rule = cddl.get(name)
  if (rule === undefined) throw new Error(`CDDL: no rule ${name}`)
  return matches(cddl, rule.type, tree, new Map(rule.params.map((param, i) => [param, args[i]!])))
}

function isControlled(
  cddl: Cddl,
  { control, value }: Type & { is: 'control' },
  tree: Tree,
  bound: Bindings,
): boolean {
  if (control === '.size' && tree.kind === 'bytes' && value.is === 'int')
    return tree.value.length >= value.from && tree.value.length <= value.to
  if (control === '.regexp' && tree.kind === 'text' && value.is === 'text')
    return new RegExp(`^(?:${value.text})$`).test(tree.value)
  if (control === '.cbor' && tree.kind === 'bytes') {
    try {
      return matches(cddl, value, oracleDecode(tree.value), bound)
    } catch {
      return false
    }
  }
  throw new Error(`CDDL: ${control}`)
}

function isSequence(
  entries: readonly Entry[],
  items: readonly Tree[],
  inner: (type: Type, item: Tree) => boolean,
): boolean {
  let at = 0
  for (const { least, most, type } of entries) {
    let count = 0
    while (count < most && at < items.length && inner(type, items[at]!)) {
      count++
      at++
    }
    if (count < least) return false
  }
  return at === items.length
}

function isMap(
  entries: readonly Entry[],
  pairs: readonly [Tree, Tree][],
  inner: (type: Type, item: Tree) => boolean,
): boolean {
  const found = entries.map(({ key, type }) =>
    pairs.filter(([name, value]) => key && inner(key, name) && inner(type, value)),
  )
  const isComplete = entries.every(({ least }, i) => found[i]!.length >= least)
  return isComplete && found.flat().length === pairs.length
}
