/** How commands talk to a running gateway: over HTTP, found by the files in its data directory. */
import { readOperatorToken } from '../adapters/system/dataDir.js'
import { readRunFile } from '../adapters/system/runFile.js'
import { stripControls } from '../adapters/system/text.js'
import { Failure, messageOf } from '../core/failure.js'
import { commandAnswerMsMax } from '../core/limits.js'
import { type CommonOptions, configOf } from './options.js'

export interface GatewayClient {
  readonly url: string
  /** The answer's JSON. Rejects with a Failure that says what to do. */
  get<T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<T>
  /** An answer that is no JSON. */
  text(path: string): Promise<string>
  post<T>(path: string, body: object): Promise<T>
  /** An answer without an end, until the signal. Rejects as the others do. */
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

/**
 * The gateway of the data directory that a command line names. Rejects with Failure('unavailable')
 * where none runs there, 'permission' where its token may not be read.
 */
export async function connectGateway(options: CommonOptions): Promise<GatewayClient> {
  const { dataDir } = await configOf(options)
  const run = await readRunFile(dataDir)
  if (run === undefined) throw notRunning(dataDir)
  const token = await readOperatorToken(dataDir)
  if (token === undefined) throw notRunning(dataDir)
  return clientOf(run.url, token, dataDir)
}

function clientOf(url: string, token: string, dataDir: string): GatewayClient {
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await send(`${url}${path}`, token, init, dataDir)
    if (!response.ok) throw await failureOf(response, dataDir)
    return response
  }
  const call = async <T>(path: string, init: RequestInit): Promise<T> =>
    (await (await ask(path, init)).json()) as T
  return {
    url,
    get: (path, query = {}) => {
      const present = Object.entries(query).filter(([, value]) => value !== undefined)
      const text = new URLSearchParams(
        present.map(([name, value]): [string, string] => [name, String(value)]),
      )
      return call(text.size === 0 ? path : `${path}?${text}`, {})
    },
    text: async (path) => (await ask(path, {})).text(),
    stream: async (path, signal) => (await ask(path, { signal })).body ?? new ReadableStream(),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

async function send(
  url: string,
  token: string,
  init: RequestInit,
  dataDir: string,
): Promise<Response> {
  try {
    return await fetch(url, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: init.signal ?? AbortSignal.timeout(commandAnswerMsMax),
    })
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const refused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
    // A gateway that was killed leaves its run.json behind.
    if (refused) throw notRunning(dataDir)
    throw new Failure(
      'unavailable',
      `the gateway at ${url} gave no answer: ${messageOf(cause ?? error)}`,
    )
  }
}

function notRunning(dataDir: string): Failure {
  return new Failure(
    'unavailable',
    `no gateway is running in ${dataDir}: start it with "fieldproof start", ` +
      'or name its data directory with --data-dir',
  )
}

async function failureOf(response: Response, dataDir: string): Promise<Failure> {
  const { status } = response
  if (status === 401 || status === 403)
    return new Failure(
      'permission',
      `the gateway does not take the token in ${dataDir}/operator.token: start the gateway again`,
    )
  const problem: unknown = await response.json().catch(() => undefined)
  const detail =
    typeof problem === 'object' && problem !== null && 'detail' in problem
      ? stripControls(String(problem.detail))
      : response.statusText
  if (status === 400 || status === 413) return new Failure('usage', detail)
  return new Failure(status >= 500 || status === 429 ? 'unavailable' : 'check', detail)
}
