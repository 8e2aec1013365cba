/** Reads schemas/vectors/answers.json, and makes the changed files that it describes. */
import { vectorText } from './vectors.js'

interface Operation {
  op: 'add' | 'copy' | 'move' | 'remove' | 'replace'
  path: string
  from?: string
  value?: unknown
}

export interface BrokenAnswer {
  name: string
  of: string
  patch: Operation[]
  link: string
}

export interface AnswerVectors {
  gateway: string
  answers: Record<string, { about: string; rows: number; file: unknown }>
  broken: BrokenAnswer[]
}

export function answerVectors(): AnswerVectors {
  return JSON.parse(vectorText('answers')) as AnswerVectors
}

/** The changed file. */
export function changedAnswer({ of, patch }: BrokenAnswer): unknown {
  const file = structuredClone(answerVectors().answers[of]!.file)
  for (const one of patch) apply(file, one)
  return file
}

/** RFC 6902 section 4, for paths that are there and have no escapes. */
function apply(file: unknown, { op, path, from, value }: Operation): void {
  if (op === 'replace') put(file, path, value, 1)
  else if (op === 'add') put(file, path, value, 0)
  else if (op === 'remove') take(file, path)
  else put(file, path, op === 'move' ? take(file, from!) : structuredClone(get(file, from!)), 0)
}

function holderOf(file: unknown, path: string): [Record<string, unknown>, string] {
  const names = path.split('/').slice(1)
  const last = names.pop()!
  const holder = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], file)
  return [holder as Record<string, unknown>, last]
}

function get(file: unknown, path: string): unknown {
  const [holder, name] = holderOf(file, path)
  return holder[name]
}

function put(file: unknown, path: string, value: unknown, replaced: number): void {
  const [holder, name] = holderOf(file, path)
  if (Array.isArray(holder)) holder.splice(Number(name), replaced, value)
  else holder[name] = value
}

function take(file: unknown, path: string): unknown {
  const [holder, name] = holderOf(file, path)
  const value = holder[name]
  if (Array.isArray(holder)) holder.splice(Number(name), 1)
  else delete holder[name]
  return value
}
