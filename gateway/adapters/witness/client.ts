/** A witness at an address (C2SP tlog-witness). */
import { Failure, messageOf } from '../../core/failure.js'
import { witnessAnswerBytesMax, witnessAnswerMsMax } from '../../core/limits.js'
import type { WitnessAnswer, WitnessPeer } from '../../ports/witness.js'

/** `url`: its submission prefix, `http://` or `https://`. */
export function witnessAt(url: string): WitnessPeer {
  const address = `${url.replace(/\/+$/, '')}/add-checkpoint`
  return {
    async add(body) {
      const { status, text } = await post(address, body)
      if (status === 200) return { kind: 'cosigned', lines: text }
      if (status === 409) return conflict(text)
      if (status === 429 || status >= 500)
        throw new Failure('unavailable', `it answers ${status} at ${address}`)
      return { kind: 'refused', status, detail: firstLine(text) }
    },
  }
}

async function post(address: string, body: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      redirect: 'error',
      signal: AbortSignal.timeout(witnessAnswerMsMax),
    })
    return { status: response.status, text: await textOf(response) }
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    throw new Failure('unavailable', `no answer from ${address}: ${messageOf(cause)}`)
  }
}

/** The answer's text, up to the limit: a witness is a stranger. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > witnessAnswerBytesMax) throw new Error('the answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function conflict(text: string): WitnessAnswer {
  const size = /^(0|[1-9][0-9]{0,15})\n$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(size)) return { kind: 'conflict', size }
  return { kind: 'refused', status: 409, detail: 'without the size it has signed' }
}

/** For people: one short line without control characters. */
function firstLine(text: string): string {
  return text
    .split('\n', 1)[0]!
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200)
}
