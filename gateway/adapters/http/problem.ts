/** Errors over HTTP: RFC 9457 problem details. */
import { STATUS_CODES } from 'node:http'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Failure } from '../../core/failure.js'
import type { Reason } from '../../core/verdict.js'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
}

/** A problem to throw from a handler; `detail` says what to do, and no secret. */
export function problem(
  status: ContentfulStatusCode,
  detail: string,
  headers?: Readonly<Record<string, string>>,
): HTTPException {
  return new HTTPException(status, { res: problemResponse(status, detail, headers) })
}

/** The same as a response. */
export function problemResponse(
  status: number,
  detail: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  const title = STATUS_CODES[status] ?? 'Error'
  const type = `urn:fp:problem:${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  const body: Problem = { type, title, status, detail }
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...headers,
    },
  })
}

/** What a handler threw, for the client. `undefined` where it was a bug: the caller logs it. */
export function responseOf(error: unknown): Response | undefined {
  if (error instanceof HTTPException) {
    if (error.res !== undefined) return error.getResponse()
    return problemResponse(error.status, error.message || 'The request cannot be answered.')
  }
  if (!(error instanceof Failure)) return undefined
  if (error.code === 'unavailable')
    return problemResponse(503, error.message, { 'Retry-After': '5' })
  return problemResponse(error.code === 'usage' ? 400 : 500, error.message)
}

/** The status of a refused request, by reason code. */
export function statusOfReason(reason: Reason): ContentfulStatusCode {
  if (reason === 'unknown-device') return 404
  if (reason === 'overloaded') return 503
  return reason === 'malformed' || reason === 'out-of-profile' ? 400 : 409
}
