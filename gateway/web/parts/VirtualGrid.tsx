/**
 * A long list of cards of one height, of which only those in view are drawn: a thousand devices cost
 * as much as a screenful. Scrolls with the page.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

interface Props<T> {
  items: readonly T[]
  /** Of a card with the gap below it, in rem. */
  rowRem: number
  /** Narrowest card, in rem. */
  columnRem: number
  label: string
  keyOf(item: T): string
  draw(item: T): ComponentChildren
  /** Told after each drawing which items are there. */
  inView?(items: readonly T[]): void
}

interface View {
  columns: number
  first: number
  rows: number
}

/** Rows drawn above and below the screen, so that scrolling shows no gap. */
const spareRows = 2

export function VirtualGrid<T>(props: Props<T>) {
  const { items, rowRem, columnRem, label, keyOf, draw, inView } = props
  const list = useRef<HTMLUListElement>(null)
  const [view, setView] = useState<View>({ columns: 1, first: 0, rows: 8 })
  useLayoutEffect(() => {
    const look = (): void => {
      if (list.current === null) return
      const next = viewOf(list.current, rowRem, columnRem)
      setView((before) => (isSame(before, next) ? before : next))
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [rowRem, columnRem])
  const { columns, first, rows } = view
  const allRows = Math.ceil(items.length / columns)
  const from = Math.min(first, Math.max(0, allRows - rows))
  const shown = items.slice(from * columns, (from + rows) * columns)
  useEffect(() => inView?.(shown))
  return (
    <ul
      ref={list}
      class="grid"
      aria-label={label}
      style={{
        height: `${allRows * rowRem}rem`,
        paddingTop: `${from * rowRem}rem`,
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridAutoRows: `${rowRem}rem`,
      }}
    >
      {shown.map((item, i) => (
        <li key={keyOf(item)} aria-setsize={items.length} aria-posinset={from * columns + i + 1}>
          {draw(item)}
        </li>
      ))}
    </ul>
  )
}

function viewOf(list: HTMLElement, rowRem: number, columnRem: number): View {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const { top, width } = list.getBoundingClientRect()
  const columns = Math.max(1, Math.floor((width / rem + 1) / (columnRem + 1)))
  const rowPx = rowRem * rem
  const first = Math.max(0, Math.floor(-top / rowPx) - spareRows)
  return { columns, first, rows: Math.ceil(innerHeight / rowPx) + 2 * spareRows }
}

function isSame(a: View, b: View): boolean {
  return a.columns === b.columns && a.first === b.first && a.rows === b.rows
}
