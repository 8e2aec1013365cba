/** Talking to the gateway, at its own origin and nowhere else. The session is a cookie that no script sees. */

/** What the gateway refused, with its words. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { cache: 'no-store', ...init })
  if (response.ok) return response
  const problem: unknown = await response.json().catch(() => undefined)
  const detail =
    typeof problem === 'object' && problem !== null && 'detail' in problem
      ? String(problem.detail)
      : response.statusText
  throw new Refused(response.status, detail)
}

export async function getText(path: string): Promise<string> {
  return (await send(path)).text()
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, signal === undefined ? {} : { signal })).json()
}

export async function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  return (await send(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

export async function remove(path: string): Promise<void> {
  await send(path, { method: 'DELETE' })
}

/** `readyz` says something in both of its states. */
export async function getReady(): Promise<{ ready: boolean; degraded: string[] }> {
  return (await fetch('/readyz', { cache: 'no-store' })).json()
}

/** A query string of what is given. */
export function query(values: Readonly<Record<string, string | number>>): string {
  return String(new URLSearchParams(Object.entries(values).map(([k, v]) => [k, String(v)])))
}

/** Samples of a Prometheus text by name (with labels, if any). */
export function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return samples
}
