/** A line through values with a soft area below; empty below two values. */
export function Spark({ values, label }: { values: readonly number[]; label: string }) {
  return (
    <svg
      class="spark"
      viewBox="0 0 100 30"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.length >= 2 && <Line values={values} />}
    </svg>
  )
}

function Line({ values }: { values: readonly number[] }) {
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const points = values.map((value, i) => {
    const x = (100 * i) / (values.length - 1)
    const y = 27 - (24 * (value - low)) / span
    return `${x.toFixed(2)} ${y.toFixed(2)}`
  })
  const line = `M${points.join('L')}`
  return (
    <>
      <path class="area" d={`${line}L100 30L0 30Z`} />
      <path class="stroke" d={line} />
    </>
  )
}
