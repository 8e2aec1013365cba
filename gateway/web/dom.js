/** Building the page. Everything shown goes through text nodes: what a device says is never markup. */

const svgNamespace = 'http://www.w3.org/2000/svg'

/** An element with properties (or `data-`/`aria-` attributes) and children; empty children vanish. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue
    if (name.includes('-')) element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== ''))
  return element
}

/** A line through values with a soft area below; empty below two values. */
export function sparkline(values, label) {
  const svg = document.createElementNS(svgNamespace, 'svg')
  svg.setAttribute('class', 'spark')
  svg.setAttribute('viewBox', '0 0 100 30')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  if (values.length < 2) return svg
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const points = values.map((value, i) => {
    const x = (100 * i) / (values.length - 1)
    const y = 27 - (24 * (value - low)) / span
    return `${x.toFixed(2)} ${y.toFixed(2)}`
  })
  const line = `M${points.join('L')}`
  svg.append(path('area', `${line}L100 30L0 30Z`), path('stroke', line))
  return svg
}

function path(className, d) {
  const element = document.createElementNS(svgNamespace, 'path')
  element.setAttribute('class', className)
  element.setAttribute('d', d)
  return element
}

/** Runs a drawing function at most four times a second, however often it is asked for. */
export function throttled(draw) {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      requestAnimationFrame(draw)
    }, 250)
  }
}
