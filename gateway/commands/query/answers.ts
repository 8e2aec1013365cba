/** Answers as they come off the wire; what a proof covers is read strictly by core/query. */
import { Failure } from '../../core/failure.js'

export interface Meter {
  readonly cost: number
  readonly balance: number
}

/** An answer with `ok` true. */
export interface AnswerJson {
  readonly v: 1
  readonly id: string
  readonly ok: true
  readonly meter?: Meter
  readonly [member: string]: unknown
}

export interface ProblemJson {
  readonly type: string
  readonly title?: string
  readonly detail: string
  readonly cost?: number
  readonly retryAfter?: number
}

/** A parsed answer, or the problem in it; `undefined` for what is neither. */
export function readMessage(
  payload: Uint8Array,
):
  | { id: string | null; answer: AnswerJson }
  | { id: string | null; problem: ProblemJson }
  | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('ok' in value)) return undefined
  const { ok, id, problem } = value as Record<string, unknown>
  if (typeof id !== 'string' && id !== null) return undefined
  if (ok === true) return { id, answer: value as AnswerJson }
  return isProblem(problem) ? { id, problem } : undefined
}

function isProblem(value: unknown): value is ProblemJson {
  if (typeof value !== 'object' || value === null) return false
  const { type, detail } = value as Record<string, unknown>
  return typeof type === 'string' && typeof detail === 'string'
}

const prefix = 'urn:fp:problem:'

/** What a person does about each problem, and how the command ends. */
const remedies: Readonly<Record<string, readonly [Failure['code'], string]>> = {
  'bad-request': ['usage', '"fieldproof query catalog" shows what can be asked'],
  'too-large': ['usage', 'ask for fewer cells or a shorter time'],
  unauthenticated: ['permission', 'ask the operator for a token'],
  forbidden: ['permission', '"fieldproof query account" shows what you were granted'],
  'insufficient-credits': [
    'check',
    'raise --max-cost, or have the operator add credits: fieldproof buyers credit <name>',
  ],
  'not-found': ['check', '"fieldproof query catalog" shows what there is'],
  conflict: ['check', 'run the command again'],
  'rate-limited': ['unavailable', 'wait, then run the command again'],
  unavailable: ['unavailable', 'run the command again later'],
}

/** The type without its prefix. */
export function problemType({ type }: ProblemJson): string {
  return type.startsWith(prefix) ? type.slice(prefix.length) : type
}

/** The failure that a problem is for a command: what the gateway says, and what to do. */
export function failureOfProblem(problem: ProblemJson): Failure {
  const type = problemType(problem)
  const [code, remedy] = remedies[type] ?? ['unavailable', 'tell the operator']
  const cost = problem.cost === undefined ? '' : ` (cost: ${problem.cost})`
  return new Failure(code, `${type}: ${problem.detail.replace(/\.$/, '')}${cost}; ${remedy}`)
}
