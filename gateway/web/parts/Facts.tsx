import type { ComponentChildren } from 'preact'

export interface Fact {
  label: ComponentChildren
  value: ComponentChildren
  /** Marks what is wrong. */
  isBad?: boolean
}

/** Labels and what stands behind them; `none` where there are none. */
export function Facts({ id, facts, none }: { id?: string; facts: readonly Fact[]; none: string }) {
  if (facts.length === 0)
    return (
      <p id={id} class="card faint">
        {none}
      </p>
    )
  return (
    <dl id={id} class="card facts">
      {facts.flatMap(({ label, value, isBad }, i) => [
        <dt key={`label ${i}`}>{label}</dt>,
        <dd key={`value ${i}`} class={isBad ? 'bad' : ''}>
          {value}
        </dd>,
      ])}
    </dl>
  )
}
