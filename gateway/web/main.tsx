/** The dashboard: what everybody may see, and for owners and the operator what is theirs. */
import { render } from 'preact'
import { type Live, startLive } from './data/live.js'
import { useRoute } from './data/route.js'
import { createStore, StoreContext, useModel, type Viewer } from './data/store.js'
import { createTrade, type Trade } from './data/trade.js'
import { ends } from './format.js'
import { Toasts } from './parts/Toasts.js'
import { Approve } from './views/Approve.js'
import { Buy } from './views/Buy.js'
import { Cells } from './views/Cells.js'
import { Device } from './views/Device.js'
import { Devices } from './views/Devices.js'
import { Earnings } from './views/Earnings.js'
import { Log } from './views/Log.js'
import { Market } from './views/Market.js'
import { Overview } from './views/Overview.js'
import { Public } from './views/Public.js'

const tabs = [
  ['', 'Overview'],
  ['devices', 'Devices'],
  ['cells', 'Map'],
  ['earnings', 'Earnings'],
  ['market', 'Market'],
  ['log', 'Log'],
] as const

/** Buyers are the operator's. */
function tabsOf({ role }: Viewer): readonly (readonly [string, string])[] {
  return role === 'operator' ? tabs : tabs.filter(([name]) => name !== 'market')
}

/** Tab of a page that is not one itself. */
const tabOf: Readonly<Record<string, string>> = {
  device: 'devices',
  approve: 'devices',
  buy: 'market',
}

function App({ live, trade }: { live: Live; trade: Trade }) {
  const { viewer } = useModel()
  const [page = '', id = ''] = useRoute()
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <Bar live={live} page={page} />
      <main id="main" tabIndex={-1}>
        {viewer === undefined ? (
          <p class="faint">Asking the gateway who you are.</p>
        ) : page === 'buy' ? (
          <Buy trade={trade} cell={id === '' ? undefined : id} />
        ) : viewer.role === 'public' ? (
          <Public live={live} trade={trade} />
        ) : (
          <View page={page} id={id} live={live} trade={trade} />
        )}
      </main>
      <Foot />
      <Toasts />
    </>
  )
}

function View({ page, id, live, trade }: { page: string; id: string; live: Live; trade: Trade }) {
  if (page === 'devices') return <Devices />
  if (page === 'device') return <Device key={id} id={id} live={live} />
  if (page === 'approve') return <Approve key={id} id={id} live={live} />
  if (page === 'cells') return <Cells selected={id === '' ? undefined : id} />
  if (page === 'earnings') return <Earnings owner={id === '' ? undefined : id} />
  if (page === 'log') return <Log />
  if (page === 'market') return <Market trade={trade} />
  return <Overview />
}

function Bar({ live, page }: { live: Live; page: string }) {
  const { viewer, gateway } = useModel()
  const isIn = viewer !== undefined && viewer.role !== 'public'
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <img src="/logo.svg" alt="" width="28" height="28" />
        <h1>FieldProof</h1>
      </a>
      {gateway && <span class="chip">{gateway.network}</span>}
      {isIn && (
        <nav aria-label="Pages">
          {tabsOf(viewer).map(([name, text]) => (
            <a
              key={name}
              href={`#/${name}`}
              {...((tabOf[page] ?? page) === name && { 'aria-current': 'page' })}
            >
              {text}
            </a>
          ))}
        </nav>
      )}
      <span class="grow" />
      <Health />
      {isIn && (
        <button type="button" class="quiet" onClick={() => void live.signOut()}>
          Sign out{viewer.role === 'owner' && <span class="who"> {ends(viewer.owner)}</span>}
        </button>
      )}
    </header>
  )
}

function Health() {
  const { health } = useModel()
  const [level, text] = healthOf(health)
  const lost = typeof health === 'object' ? health.degraded.join('\n') : undefined
  return (
    <span id="health" class={`health ${level}`} role="status" title={lost ?? ''}>
      {text}
    </span>
  )
}

function healthOf(health: ReturnType<typeof useModel>['health']): [string, string] {
  if (health === undefined) return ['', 'connecting']
  if (health === 'unreachable') return ['bad', 'gateway not reachable']
  if (!health.ready) return ['warn', 'starting']
  const [first, ...more] = health.degraded
  if (first === undefined) return ['good', 'all well']
  return ['warn', more.length === 0 ? 'something is lost' : `${more.length + 1} things are lost`]
}

function Foot() {
  const { gateway } = useModel()
  return (
    <footer class="faint">
      <a href="/verify">Check a proof file</a>
      {gateway && (
        <span>
          Gateway <span class="mono">{gateway.id}</span>, verifier key{' '}
          <span class="mono">{gateway.vkey}</span>
        </span>
      )}
    </footer>
  )
}

const root = document.getElementById('app')
if (root !== null) {
  const store = createStore()
  const live = startLive(store)
  const trade = createTrade(store)
  render(
    <StoreContext.Provider value={store}>
      <App live={live} trade={trade} />
    </StoreContext.Provider>,
    root,
  )
}
