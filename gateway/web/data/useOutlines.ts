/** Shapes of cells by name, asked for in pieces that the gateway takes, each cell once. */
import { useEffect, useState } from 'preact/hooks'
import type { CellShape, Corner } from '../../ports/dashboard.js'
import { getJson, query } from './api.js'

/** Cells of one request (schemas/http.md). */
const cellsMax = 64

export type Outlines = ReadonlyMap<string, readonly Corner[]>

export function useOutlines(cells: readonly string[]): Outlines {
  const [known, setKnown] = useState<Outlines>(new Map())
  const missing = cells.filter((cell) => !known.has(cell)).slice(0, cellsMax)
  const names = missing.join(',')
  useEffect(() => {
    if (names === '') return
    const abort = new AbortController()
    getJson<CellShape[]>(`/outlines?${query({ cells: names })}`, abort.signal).then(
      (shapes) =>
        setKnown((before) => {
          const added = shapes.map(({ cell, outline }) => [cell, outline] as const)
          return new Map([...before, ...added])
        }),
      () => undefined,
    )
    return () => abort.abort()
  }, [names])
  return known
}
