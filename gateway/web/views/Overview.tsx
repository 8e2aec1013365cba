/** First view: is all well, does anybody wait, what happens now. */
import type { GatewayEvent } from '../../ports/operations.js'
import { isCounted } from '../data/checklist.js'
import { useModel } from '../data/store.js'
import { type Trouble, troublesOf } from '../data/troubles.js'
import { clock, count, ends, quantity } from '../format.js'
import { DeviceCard } from '../parts/DeviceCard.js'
import { Figures } from '../parts/Figures.js'
import { useHistory } from '../parts/useHistory.js'
import { meaningOf } from '../refusalWords.js'

/** Devices on the first view; the list has them all. */
const cardsMax = 6

export function Overview() {
  const model = useModel()
  const { devices, status, values, viewer } = model
  const all = [...devices.values()]
  const pending = all.filter(({ state }) => state === 'pending')
  const active = all.filter(({ state }) => state !== 'pending')
  const now = Date.now()
  const counts = new Set(active.filter((device) => isCounted(device, now).state === 'yes'))
  // Those that live come first.
  const shown = [...active]
    .sort((a, b) => Number(counts.has(b)) - Number(counts.has(a)) || (a.device < b.device ? -1 : 1))
    .slice(0, cardsMax)
  useHistory(shown)
  return (
    <>
      <Figures />
      <Attention
        lost={status?.degraded ?? []}
        troubles={troublesOf(status?.serial ?? [], active)}
        pending={pending.map(({ device, model }) => ({ device, model }))}
      />
      <div class="columns">
        <section aria-label="Devices">
          <div class="heading">
            <h2>{viewer?.role === 'owner' ? 'Your devices' : 'Devices'}</h2>
            <span class="faint" id="device-count">
              {count(active.length)}, of which {count(counts.size)} count
            </span>
            <span class="grow" />
            <a href="#/devices">All devices</a>
          </div>
          {active.length === 0 && model.isLoaded && <NoDevice role={viewer?.role} />}
          <ul class="cards">
            {shown.map((device) => (
              <li key={device.device}>
                <DeviceCard device={device} values={values} />
              </li>
            ))}
          </ul>
        </section>
        <aside>
          <Refusals counts={refusedIn(model)} />
          <Feed events={model.feed} />
        </aside>
      </div>
    </>
  )
}

/** Of all where the operator looks, else of the devices in view. */
function refusedIn({
  status,
  viewer,
  devices,
}: ReturnType<typeof useModel>): Record<string, number> {
  if (viewer?.role === 'operator') return status?.counters.refused ?? {}
  const sums: Record<string, number> = {}
  for (const { refused } of devices.values())
    for (const [reason, n] of Object.entries(refused)) sums[reason] = (sums[reason] ?? 0) + n
  return sums
}

function NoDevice({ role }: { role: string | undefined }) {
  if (role === 'owner')
    return (
      <p class="card">
        No device of yours yet. The operator approves it with your address as its owner.
      </p>
    )
  return (
    <div class="card">
      <h3>No device yet</h3>
      <ol>
        <li>Let new devices ask: start with FIELDPROOF_ENROLMENT__OPEN=true.</li>
        <li>Plug a board in, or let it join by MQTT. It shows up here by itself.</li>
        <li>
          No board at hand? <code>fieldproof simulate</code>
        </li>
      </ol>
    </div>
  )
}

function Attention(props: {
  lost: readonly string[]
  troubles: readonly Trouble[]
  pending: readonly { device: string; model: string }[]
}) {
  const { lost, troubles, pending } = props
  // A port's trouble is told once, with its remedy.
  const others = lost.filter((text) => !text.startsWith('serial '))
  if (others.length + troubles.length + pending.length === 0) return null
  return (
    <section id="attention" class="attention">
      <h2 class="sr-only">What needs you</h2>
      {pending.map(({ device, model }) => (
        <div class="card notice warn" key={device}>
          <h3>
            <span class="mono">{device}</span> wants to join
          </h3>
          <p>{model}: it has shown that it holds its key. Say whose it is and where.</p>
          <a class="button" href={`#/approve/${device}`}>
            Approve
          </a>
        </div>
      ))}
      {others.map((text) => (
        <div class="card notice warn" key={text}>
          <h3>{lossTitle(text)}</h3>
          <p>{text}</p>
          <p class="faint">
            Nothing is lost: readings are in the journal. It is tried again by itself.
          </p>
        </div>
      ))}
      {troubles.map(({ id, title, seen, remedy }) => (
        <div class="card notice bad" key={id}>
          <h3>{title}</h3>
          {seen && <p>{seen}</p>}
          <ol>
            {remedy.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </div>
      ))}
    </section>
  )
}

function lossTitle(text: string): string {
  if (text.startsWith('store')) return 'The series store is away'
  if (text.startsWith('witness')) return 'A witness is away'
  if (text.startsWith('chain')) return 'The chain is away'
  return 'Something is lost'
}

function Refusals({ counts }: { counts: Record<string, number> }) {
  const rows = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1])
  const most = rows[0]?.[1] ?? 1
  return (
    <section aria-label="Refusals">
      <h2>Refusals by reason</h2>
      <div id="refusals" class="card">
        {rows.length === 0 && <span class="faint">Nothing was refused.</span>}
        {rows.map(([reason, n]) => (
          <div class="refusal" key={reason}>
            <span>{reason}</span>
            <span class="bar-of" aria-hidden="true">
              <span style={{ width: `${Math.max(2, (100 * n) / most)}%` }} />
            </span>
            <b>{count(n)}</b>
            <span class="meaning faint">{meaningOf(reason)}</span>
          </div>
        ))}
      </div>
    </section>
  )
}

function Feed({ events }: { events: readonly GatewayEvent[] }) {
  return (
    <section aria-label="Live">
      <h2>Live</h2>
      <ol id="feed" class="card feed" tabIndex={0} aria-label="Newest events">
        {events.length === 0 && <li class="faint">listening</li>}
        {events.map((event, i) => {
          const [className, text] = words(event)
          return (
            <li key={events.length - i}>
              <time>{clock(event.atMs)}</time>
              <span class={`text ${className}`}>{text}</span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function words(event: GatewayEvent): [string, string] {
  switch (event.type) {
    case 'reading': {
      const values = event.values.map((each) => quantity(each.value, each.unit))
      return ['', `${event.device} #${event.seq}  ${values.join(', ')}`]
    }
    case 'refusal':
      return ['bad', `${event.device ?? event.transport} refused: ${event.reason}`]
    case 'checkpoint':
      return ['faint', `checkpoint over ${count(event.size)}, ${ends(event.root)}`]
    case 'epoch':
      return ['', `epoch ${event.n} is closed, ${count(event.devices)} devices`]
    case 'device':
      return ['', `${event.device} is ${event.state}`]
    case 'note':
      return [event.level === 'info' ? 'faint' : 'bad', `${event.source}: ${event.text}`]
  }
}
