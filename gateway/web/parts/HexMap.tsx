/**
 * Cells on a plain map, without a tile from anywhere: outlines come from the gateway. Zoomed by
 * buttons, keys and wheel, moved by arrows and by dragging; each cell is a button.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'

export interface HexCell {
  cell: string
  outline: readonly (readonly [latitude: number, longitude: number])[]
  /** Colour class: `q0` to `q6`, `none`, `free`. */
  tone: string
  /** For tooltip and screen readers. */
  label: string
  /** Written into the cell. */
  text?: string
}

interface Box {
  x: number
  y: number
  width: number
  height: number
}

interface Props {
  cells: readonly HexCell[]
  selected: string | undefined
  label: string
  select(cell: string): void
}

export function HexMap({ cells, selected, label, select }: Props) {
  const shapes = useMemo(() => shapesOf(cells), [cells])
  const whole = useMemo(() => boxOf(shapes), [shapes])
  const start = useMemo(() => startOf(shapes, selected), [shapes, selected])
  const names = cells.map(({ cell }) => cell).join()
  const [box, setBox] = useState(start)
  useEffect(() => setBox(start), [names])
  // What was chosen in the list is brought into view.
  const isHidden = useRef(false)
  isHidden.current = selected !== undefined && !isWithin(shapes, selected, box)
  useEffect(() => {
    if (isHidden.current) setBox(start)
  }, [selected])
  const covered = useMemo(() => coveredIn(shapes), [shapes])
  const svg = useRef<SVGSVGElement>(null)
  useWheel(svg, (factor) => setBox((before) => scaled(before, factor)))
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = byKey[event.key]?.(box)
    if (next === undefined) return
    event.preventDefault()
    setBox(next)
  }
  const drag = useDrag(svg, box, setBox)
  const drawn = useGrowing(shapes.length)
  // A thousand nodes: the same ones while only the view moves.
  const hexes = useMemo(
    () => shapes.slice(0, drawn).map((shape) => hexOf(shape, { selected, covered, select })),
    [shapes, covered, drawn, selected, select],
  )
  return (
    <div class="map">
      <svg
        ref={svg}
        viewBox={`${box.x} ${box.y} ${box.width} ${box.height}`}
        role="group"
        aria-label={`${label}. Plus and minus zoom, arrows move.`}
        onKeyDown={onKeyDown}
        {...drag}
      >
        {hexes}
        {/* Over its neighbours, whose edges lie on its own. */}
        <polygon
          class="chosen"
          points={shapes.find(({ cell }) => cell.cell === selected)?.points ?? ''}
        />
      </svg>
      <div class="zoom" role="group" aria-label="View of the map">
        <button
          type="button"
          aria-label="Zoom in on the map"
          onClick={() => setBox(scaled(box, 0.6))}
        >
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out of the map"
          onClick={() => setBox(scaled(box, 1.6))}
        >
          −
        </button>
        <button type="button" aria-label="Show all" onClick={() => setBox(whole)}>
          ⤢
        </button>
      </div>
    </div>
  )
}

interface HexState extends Pick<Props, 'selected' | 'select'> {
  covered: ReadonlySet<string>
}

function hexOf({ cell, points, centre }: Shape, { selected, covered, select }: HexState) {
  return (
    <g
      key={cell.cell}
      class={`hex ${cell.tone}${cell.cell === selected ? ' selected' : ''}`}
      role="button"
      tabindex={0}
      data-cell={cell.cell}
      aria-label={cell.label}
      aria-pressed={cell.cell === selected}
      onClick={() => select(cell.cell)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        select(cell.cell)
      }}
    >
      <title>{cell.label}</title>
      <polygon points={points} />
      {/* Seen as a dot where the cell itself is smaller than one. */}
      <path class="dot-of" d={`M${centre.x} ${centre.y}h0`} />
      {cell.text !== undefined && !covered.has(cell.cell) && (
        <text x={centre.x} y={centre.y} font-size={centre.size}>
          {cell.text}
        </text>
      )}
    </g>
  )
}

const byKey: Readonly<Record<string, (box: Box) => Box>> = {
  '+': (box) => scaled(box, 0.6),
  '-': (box) => scaled(box, 1.6),
  ArrowLeft: (box) => ({ ...box, x: box.x - box.width / 6 }),
  ArrowRight: (box) => ({ ...box, x: box.x + box.width / 6 }),
  ArrowUp: (box) => ({ ...box, y: box.y - box.height / 6 }),
  ArrowDown: (box) => ({ ...box, y: box.y + box.height / 6 }),
}

interface Shape {
  cell: HexCell
  points: string
  corners: { x: number; y: number }[]
  centre: { x: number; y: number; size: number }
}

/** A plain projection around the middle of the cells; a step of longitude is as long as one of latitude. */
function shapesOf(cells: readonly HexCell[]): Shape[] {
  const latitudes = cells.flatMap(({ outline }) => outline.map(([latitude]) => latitude))
  const middle = (Math.max(...latitudes, -90) + Math.min(...latitudes, 90)) / 2
  const shrink = Math.max(0.05, Math.cos((middle * Math.PI) / 180))
  return cells.map((cell) => {
    const corners = unbroken(cell.outline).map(([latitude, longitude]) => ({
      x: longitude * shrink * 1000,
      y: -latitude * 1000,
    }))
    const points = corners.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ')
    const xs = corners.map(({ x }) => x)
    const ys = corners.map(({ y }) => y)
    const centre = {
      x: (Math.max(...xs) + Math.min(...xs)) / 2,
      y: (Math.max(...ys) + Math.min(...ys)) / 2,
      size: (Math.max(...xs) - Math.min(...xs)) / 4.6,
    }
    return { cell, points, corners, centre }
  })
}

/** A cell across the 180th meridian stays in one piece. */
function unbroken(outline: HexCell['outline']): [number, number][] {
  const first = outline[0]?.[1] ?? 0
  return outline.map(([latitude, longitude]) => {
    if (longitude - first > 180) return [latitude, longitude - 360]
    return [latitude, first - longitude > 180 ? longitude + 360 : longitude]
  })
}

function boxOf(shapes: readonly Shape[]): Box {
  const corners = shapes.flatMap((shape) => shape.corners)
  if (corners.length === 0) return { x: 0, y: 0, width: 100, height: 60 }
  const xs = corners.map(({ x }) => x)
  const ys = corners.map(({ y }) => y)
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  const room = 0.08 * Math.max(right - left, bottom - top)
  return {
    x: left - room,
    y: top - room,
    width: right - left + 2 * room,
    height: bottom - top + 2 * room,
  }
}

/** Cells on which smaller ones lie: a number there would be hidden by halves. */
function coveredIn(shapes: readonly Shape[]): ReadonlySet<string> {
  const isUnder = (large: Shape, small: Shape): boolean =>
    small.centre.size < large.centre.size * 0.8 &&
    Math.hypot(small.centre.x - large.centre.x, small.centre.y - large.centre.y) <
      large.centre.size * 2.6
  const large = shapes.filter(({ centre }) => centre.size > 0)
  const sizes = new Set(large.map(({ cell }) => cell.cell.slice(0, 2)))
  if (sizes.size < 2) return new Set()
  return new Set(
    large.filter((one) => shapes.some((other) => isUnder(one, other))).map(({ cell }) => cell.cell),
  )
}

/** Shapes that lie together: everything within some widths of the first. */
const nearWidths = 12

/** Two resolutions above the usual and more: such a cell would make specks of the others. */
const coarseTimes = 4

/** Without the few that are much larger than most: those reach beyond the view. */
function usualOf(shapes: readonly Shape[]): readonly Shape[] {
  const sizes = shapes.map(({ centre }) => centre.size).sort((a, b) => a - b)
  const middle = sizes[Math.floor((sizes.length - 1) / 2)] ?? 0
  return shapes.filter(({ centre }) => centre.size <= middle * coarseTimes)
}

/** What is in view at first: the chosen cell or the largest group with what lies around it. */
function startOf(all: readonly Shape[], selected: string | undefined): Box {
  const chosen = all.find(({ cell }) => cell.cell === selected)
  const usual = usualOf(all)
  const shapes = chosen === undefined || usual.includes(chosen) ? usual : all
  const near = (shape: Shape): Shape[] =>
    shapes.filter(
      ({ centre }) =>
        Math.hypot(centre.x - shape.centre.x, centre.y - shape.centre.y) <
        nearWidths * shape.centre.size * 4.6,
    )
  if (chosen !== undefined) return boxOf(near(chosen))
  // Of a thousand cells some are enough to find where most of them are.
  const tried = shapes.filter((_, i) => i % Math.ceil(shapes.length / 40) === 0).map(near)
  return boxOf(
    tried.reduce((best, one) => (one.length > best.length ? one : best), shapes.slice(0, 0)),
  )
}

function isWithin(shapes: readonly Shape[], name: string, box: Box): boolean {
  const centre = shapes.find(({ cell }) => cell.cell === name)?.centre
  if (centre === undefined) return true
  const { x, y } = centre
  return x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height
}

/** Around its middle. */
function scaled({ x, y, width, height }: Box, factor: number): Box {
  return {
    x: x + (width * (1 - factor)) / 2,
    y: y + (height * (1 - factor)) / 2,
    width: width * factor,
    height: height * factor,
  }
}

/** So many more each frame: a thousand at once would hold up the page for a fifth of a second. */
const cellsPerFrame = 250

/** How many of `total` cells are drawn by now. */
function useGrowing(total: number): number {
  const [drawn, setDrawn] = useState(cellsPerFrame)
  useEffect(() => {
    if (drawn >= total) return
    const frame = requestAnimationFrame(() => setDrawn(drawn + cellsPerFrame))
    return () => cancelAnimationFrame(frame)
  }, [drawn, total])
  return drawn
}

/** The page scrolls by the wheel alone; with Ctrl, as browsers zoom, the map does. */
function useWheel(svg: { current: SVGSVGElement | null }, zoom: (factor: number) => void): void {
  useEffect(() => {
    const element = svg.current
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return
      event.preventDefault()
      zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15)
    }
    element?.addEventListener('wheel', wheel, { passive: false })
    return () => element?.removeEventListener('wheel', wheel)
  }, [])
}

function useDrag(
  svg: { current: SVGSVGElement | null },
  box: Box,
  setBox: (box: Box) => void,
): {
  onPointerDown(event: PointerEvent): void
  onPointerMove(event: PointerEvent): void
  onPointerUp(): void
} {
  const from = useRef<{ x: number; y: number; box: Box } | undefined>(undefined)
  return {
    onPointerDown: ({ clientX, clientY, pointerType }) => {
      // A finger scrolls the page.
      if (pointerType === 'mouse') from.current = { x: clientX, y: clientY, box }
    },
    onPointerMove: ({ clientX, clientY, buttons }) => {
      const start = from.current
      if (start === undefined || buttons === 0 || svg.current === null) return
      const scale = start.box.width / svg.current.clientWidth
      setBox({
        ...start.box,
        x: start.box.x - (clientX - start.x) * scale,
        y: start.box.y - (clientY - start.y) * scale,
      })
    },
    onPointerUp: () => {
      from.current = undefined
    },
  }
}
