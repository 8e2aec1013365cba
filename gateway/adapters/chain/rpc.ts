/** Ethereum JSON-RPC over HTTP: one question, one answer, within a time and a size. */
import { Failure, messageOf } from '../../core/failure.js'
import { chainAnswerBytesMax, chainAnswerMsMax } from '../../core/limits.js'

/** Asks a node. Rejects with Failure('unavailable'), or with RpcError where the node says no. */
export type Rpc = (method: string, ...params: readonly unknown[]) => Promise<unknown>

/** The node's own refusal of a question (JSON-RPC 2.0 section 5.1). */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  /** What a reverted call returned, `0x` and hex; `undefined` where the node did not say. */
  readonly revert: string | undefined

  constructor(code: number, message: string, revert: string | undefined) {
    super(message)
    this.code = code
    this.revert = revert
  }
}

export function createRpc(url: string): Rpc {
  let id = 0
  return async (method, ...params) => {
    id += 1
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const answer = parse(await post(url, body), url)
    if (typeof answer.error === 'object' && answer.error !== null) throw errorOf(answer.error)
    if (!('result' in answer)) throw away(url, 'the answer is no JSON-RPC')
    return answer.result
  }
}

async function post(url: string, body: string): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(chainAnswerMsMax),
    })
    // Nodes answer an error of JSON-RPC with 200 or with 4xx; what is no JSON fails below.
    if (response.status >= 500 || response.status === 429)
      throw new Error(`it answers ${response.status} ${response.statusText}`)
    return await readBody(response)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    throw away(url, messageOf(cause ?? error))
  }
}

async function readBody(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > chainAnswerBytesMax) throw new Error('its answer is too long')
  }
  return text
}

function parse(text: string, url: string): { result?: unknown; error?: unknown } {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null) return answer
  } catch {
    // Said below.
  }
  throw away(url, 'the answer is no JSON-RPC')
}

function errorOf(error: object): RpcError {
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown }
  const inner = typeof data === 'object' && data !== null && 'data' in data ? data.data : data
  return new RpcError(
    typeof code === 'number' ? code : 0,
    typeof message === 'string' ? message.slice(0, 500) : 'no reason given',
    typeof inner === 'string' && /^0x([0-9a-f]{2})*$/i.test(inner) ? inner : undefined,
  )
}

/** The path may hold a provider's key, so only the host is named. */
function away(url: string, detail: string): Failure {
  return new Failure('unavailable', `the chain's node at ${new URL(url).host}: ${detail}`)
}
