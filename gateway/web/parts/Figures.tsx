/** The row of figures that everyone sees; for the operator with a little more. */
import type { ComponentChildren } from 'preact'
import { useModel } from '../data/store.js'
import { ago, count, ends, rate } from '../format.js'
import { Spark } from './Spark.js'

export function Figures() {
  const { figures, samples } = useModel()
  if (figures === undefined) return <section class="figures" aria-label="Figures" />
  const { accepted, perSecond, refused, entries, checkpoint, lagRecords, store } = figures
  return (
    <section id="figures" class="figures" aria-label="Figures">
      <Figure label="Accepted readings" value={rate(perSecond)} small="per second">
        <Note text={`${count(accepted)} in all`} />
        <Spark values={samples.of('perSecond')} label="readings per second, last two minutes" />
      </Figure>
      <Figure label="Log entries" value={count(entries)}>
        <Note text="append-only, provable" />
        <Spark values={samples.of('entries')} label="log entries, last two minutes" />
      </Figure>
      <Figure
        label="Signed checkpoint"
        value={checkpoint ? count(checkpoint.size) : '–'}
        small={checkpoint ? 'entries' : 'none yet'}
      >
        {checkpoint && <Note text={`root ${ends(checkpoint.root)}`} />}
        {checkpoint && <Note text={ago(checkpoint.seenMs, Date.now())} />}
      </Figure>
      <Figure label="Refused" value={count(refused)}>
        <Note text={refused === 0 ? 'nothing was refused' : 'forged, repeated or malformed'} />
        <Spark values={samples.of('refused')} label="refusals, last two minutes" />
      </Figure>
      <Figure
        label="Series store"
        value={lagRecords === 0 ? 'in step' : count(lagRecords)}
        small={lagRecords === 0 ? '' : 'behind'}
      >
        <Note text={store ?? ''} />
      </Figure>
    </section>
  )
}

function Figure(props: {
  label: string
  value: string
  small?: string
  children: ComponentChildren
}) {
  return (
    <div class="card figure">
      <div class="label">{props.label}</div>
      <div class="value">
        {props.value} {props.small && <small>{props.small}</small>}
      </div>
      {props.children}
    </div>
  )
}

function Note({ text }: { text: string }) {
  return (
    <div class="note" title={text}>
      {text}
    </div>
  )
}
