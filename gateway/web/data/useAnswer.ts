/** An answer of the gateway for a component: asked for when its address changes, and now and then. */
import { useEffect, useState } from 'preact/hooks'
import { getJson } from './api.js'

export interface Answer<T> {
  value: T | undefined
  error: string | undefined
}

/** `path`: `undefined` asks for nothing. The value before stays until the next one is there. */
export function useAnswer<T>(path: string | undefined, everyMs?: number): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, error: undefined })
  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    const ask = (): void => {
      getJson<T>(path, abort.signal).then(
        (value) => setAnswer({ value, error: undefined }),
        (error: unknown) => {
          if (!abort.signal.aborted)
            setAnswer((before) => ({
              ...before,
              error: error instanceof Error ? error.message : '',
            }))
        },
      )
    }
    ask()
    const timer = everyMs === undefined ? undefined : setInterval(ask, everyMs)
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [path, everyMs])
  return answer
}
