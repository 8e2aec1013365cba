/** What a gateway publishes, over HTTP; needs no token. */
import { stripControls } from '../../adapters/system/text.js'
import { Failure, messageOf } from '../../core/failure.js'
import { commandAnswerMsMax, publishedBytesMax } from '../../core/limits.js'
import type { Published } from './published.js'

/** `url`: of the gateway, as `http://host:port`. */
export function publishedHttp(url: string): Published {
  const base = url.replace(/\/+$/, '')
  if (!/^https?:\/\/./.test(base))
    throw new Failure('usage', `--url ${url}: expected an address such as http://127.0.0.1:8484`)

  async function read(path: string): Promise<Uint8Array | undefined> {
    const response = await ask(`${base}/${path}`)
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    if (!response.ok)
      throw new Failure(
        'unavailable',
        `${base}/${path} answered ${response.status} ${stripControls(response.statusText)}`,
      )
    return bodyOf(response, `${base}/${path}`)
  }

  return {
    place: base,
    isLive: true,
    read,
    async epochs() {
      const bytes = await read('epochs')
      return bytes === undefined ? [] : numbersIn(new TextDecoder().decode(bytes))
    },
  }
}

/** Numbers of the records in the list of epochs; what is none is left out. */
function numbersIn(text: string): number[] {
  let records: unknown
  try {
    records = JSON.parse(text)
  } catch {
    throw new Failure('check', 'the list of epochs is not JSON')
  }
  if (!Array.isArray(records)) return []
  const numbers = records.map((record: { n?: unknown } | null) => Number(record?.n))
  return numbers.filter((n) => Number.isSafeInteger(n) && n > 0).sort((a, b) => a - b)
}

async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(commandAnswerMsMax),
    })
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    throw new Failure('unavailable', `${url} gave no answer: ${messageOf(cause)}`)
  }
}

/** The whole answer, unless it is longer than anything that is published. */
async function bodyOf(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > publishedBytesMax) throw new Failure('check', `${url} is longer than it can be`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('unavailable', `${url} broke off: ${messageOf(error)}`)
  }
  return Buffer.concat(chunks)
}
