/** Talking to the gateway. The token stays in this tab and goes nowhere but to its own origin. */

const key = 'fieldproof-token'

/** The token of this tab; a `#token=` in the address is taken over and wiped from it. */
export function storedToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) {
    sessionStorage.setItem(key, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(key) ?? undefined
}

export function storeToken(token) {
  if (token === undefined) sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
}

/** What the gateway refused, with its words. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}

async function send(path, init) {
  const response = await fetch(path, { cache: 'no-store', ...init })
  if (response.ok) return response
  const problem = await response.json().catch(() => ({}))
  throw new Refused(response.status, problem.detail ?? response.statusText)
}

export async function getText(path) {
  return (await send(path)).text()
}

export async function getJson(path, token) {
  return (await send(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} })).json()
}

export async function post(path, body, token) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return (await send(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

/**
 * Live events, for as long as the token is good; opens the stream again when it breaks. EventSource
 * cannot send the token, so the stream is read by hand. Ends with the signal.
 */
export async function follow(token, onEvent, signal) {
  while (!signal.aborted) {
    try {
      const headers = { Authorization: `Bearer ${token}` }
      const response = await send('/api/events', { headers, signal })
      await readEvents(response.body.pipeThrough(new TextDecoderStream()), onEvent)
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return
    }
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
}

/** Server-sent events: blocks of lines; only unnamed ones carry JSON for us. */
async function readEvents(stream, onEvent) {
  const reader = stream.getReader()
  let held = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    held += value
    const blocks = held.split('\n\n')
    held = blocks.pop()
    for (const block of blocks) if (block.startsWith('data: ')) onEvent(JSON.parse(block.slice(6)))
  }
}

/** Samples of a Prometheus text by name (with labels, if any). */
export function parseMetrics(text) {
  const samples = new Map()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return samples
}
