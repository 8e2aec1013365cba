/** What a buyer is told instead of an answer (PROTOCOL 8): problem details, RFC 9457. */

/** By type, in the order in which a request is judged, then those that can come at any time. */
export const problemTypes = {
  'rate-limited': { status: 429, title: 'Too Many Requests' },
  'bad-request': { status: 400, title: 'Bad Request' },
  'too-large': { status: 413, title: 'Content Too Large' },
  forbidden: { status: 403, title: 'Forbidden' },
  'insufficient-credits': { status: 402, title: 'Insufficient Credits' },
  unauthenticated: { status: 401, title: 'Unauthenticated' },
  'not-found': { status: 404, title: 'Not Found' },
  conflict: { status: 409, title: 'Conflict' },
  internal: { status: 500, title: 'Internal Error' },
  unavailable: { status: 503, title: 'Unavailable' },
} as const

export type ProblemType = keyof typeof problemTypes

export interface Problem {
  readonly type: ProblemType
  /** One sentence for people: what is wrong, and what would be right. */
  readonly detail: string
  /** Credits that the answer costs, with `insufficient-credits`. */
  readonly cost?: number
  /** Seconds until the next try, with `rate-limited`. */
  readonly retryAfter?: number
}

/** A value, or the problem that is told instead. */
export type Judged<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

export function judged<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function problem(
  type: ProblemType,
  detail: string,
  more: Pick<Problem, 'cost' | 'retryAfter'> = {},
): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { type, detail, ...more } }
}

/** As it stands in an answer. */
export type ProblemJson = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly cost?: number
  readonly retryAfter?: number
}

/** The members of RFC 9457, and those of the type. */
export function problemJson({ type, detail, ...more }: Problem): ProblemJson {
  return { type: `urn:fp:problem:${type}`, ...problemTypes[type], detail, ...more }
}
