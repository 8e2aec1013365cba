/** Where in the page somebody is: the part of the address behind `#/`. */
import { useEffect, useState } from 'preact/hooks'

/** `['device', 'ab12..']` of `#/device/ab12..`. */
export function useRoute(): string[] {
  const [route, setRoute] = useState(partsOf(location.hash))
  useEffect(() => {
    const change = (): void => setRoute(partsOf(location.hash))
    addEventListener('hashchange', change)
    return () => removeEventListener('hashchange', change)
  }, [])
  return route
}

function partsOf(hash: string): string[] {
  return hash.startsWith('#/') ? hash.slice(2).split('/').filter(Boolean) : []
}
