/** For the operator: who buys, what they have left, and what was sold. */
import { useState } from 'preact/hooks'
import { metricByName } from '../../core/metric.js'
import type { BuyerView } from '../../ports/market.js'
import type { ReleasedCounts } from '../../ports/operations.js'
import { post } from '../data/api.js'
import { useModel } from '../data/store.js'
import type { Trade } from '../data/trade.js'
import { useAnswer } from '../data/useAnswer.js'
import { count, metricName, moment } from '../format.js'
import { Facts } from '../parts/Facts.js'

/** With its token, which the gateway tells this once. */
type Added = BuyerView & { token: string }

export function Market({ trade }: { trade: Trade }) {
  const { status } = useModel()
  const [turn, setTurn] = useState(0)
  const { value: buyers, error } = useAnswer<BuyerView[]>(`/api/buyers?turn=${turn}`, 15_000)
  const [added, setAdded] = useState<Added>()
  const again = (): void => setTurn(turn + 1)
  const sold = status?.market
  const released = status?.released
  return (
    <>
      <div class="heading">
        <h2>Market</h2>
        <span class="faint">
          Buyers prepay credits; what they pay reaches the owners inside each row
        </span>
        <span class="grow" />
        <a href="#/buy">The buyers’ page</a>
      </div>
      {added && <Token added={added} trade={trade} />}
      <div class="columns">
        <section class="card" aria-label="Buyers">
          <h3>Buyers</h3>
          {buyers?.length === 0 && <p class="faint">Nobody buys here yet.</p>}
          {buyers === undefined && <p class="faint">{error ?? 'Asking for the buyers.'}</p>}
          {buyers !== undefined && buyers.length > 0 && <Buyers buyers={buyers} again={again} />}
        </section>
        <aside>
          <AddBuyer
            done={(buyer) => {
              setAdded(buyer)
              again()
            }}
          />
          <section aria-label="Since the start">
            <h2>Since the start</h2>
            <Facts
              id="sold"
              facts={[
                { label: 'rows released', value: count(allOf(released)) },
                { label: 'of these withheld', value: count(released?.withheld ?? 0) },
                { label: 'requests', value: count(sold?.requests ?? 0) },
                { label: 'credits spent', value: count(sold?.creditsSpent ?? 0) },
              ]}
              none=""
            />
          </section>
        </aside>
      </div>
    </>
  )
}

function allOf(released: ReleasedCounts | undefined): number {
  return Object.values(released ?? {}).reduce((sum, n) => sum + n, 0)
}

function Token({ added, trade }: { added: Added; trade: Trade }) {
  const look = async (): Promise<void> => {
    if ((await trade.signIn(added.name, added.token)) === undefined) location.hash = '#/buy'
  }
  return (
    <div class="card notice good" id="added">
      <h3>{added.name} may buy</h3>
      <p>Its token, told this once: give it to the buyer over a safe way.</p>
      <pre class="wrap">{added.token}</pre>
      <button type="button" class="quiet" onClick={() => void look()}>
        Look as {added.name}
      </button>
    </div>
  )
}

function Buyers({ buyers, again }: { buyers: readonly BuyerView[]; again(): void }) {
  const [error, setError] = useState('')
  const act = (name: string, what: string, body: object): void => {
    setError('')
    post(`/api/buyers/${name}/${what}`, body).then(again, (reason: unknown) =>
      setError(reason instanceof Error ? reason.message : 'no answer'),
    )
  }
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of buyers">
        <table id="buyers">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Credits left</th>
              <th scope="col">Prepaid</th>
              <th scope="col">May ask for</th>
              <th scope="col">Since</th>
              <th scope="col">
                <span class="sr-only">What you can do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {buyers.map(({ name, balance, credited, metrics, addedAtMs }) => (
              <tr key={name}>
                <td class="mono">{name}</td>
                <td class="number">{count(balance)}</td>
                <td class="number">{count(credited)}</td>
                <td>{metrics.map(metricName).join(', ')}</td>
                <td>{moment(addedAtMs)}</td>
                <td>
                  <button
                    type="button"
                    class="quiet"
                    aria-label={`Add 100 credits to ${name}`}
                    onClick={() => act(name, 'credit', { credits: 100 })}
                  >
                    +100
                  </button>{' '}
                  <Remove name={name} act={() => act(name, 'remove', {})} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="bad" role="alert">
        {error}
      </p>
    </>
  )
}

/** Asks once more: what the buyer had left is void. */
function Remove({ name, act }: { name: string; act(): void }) {
  const [isSure, setSure] = useState(false)
  return (
    <button
      type="button"
      class="quiet"
      aria-label={isSure ? `Yes, remove ${name} and void its credits` : `Remove ${name}`}
      onClick={() => (isSure ? act() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      {isSure ? 'Sure?' : 'Remove'}
    </button>
  )
}

function AddBuyer({ done }: { done(buyer: Added): void }) {
  const [choice, setChoice] = useState({ name: '', credits: 1000, metric: 'all' })
  const [error, setError] = useState('')
  const { value: map } = useAnswer<{ metrics: string[] }>('/api/map?metric=temperature')
  const submit = (event: Event): void => {
    event.preventDefault()
    setError('')
    const { name, credits, metric } = choice
    post<Added>('/api/buyers', { name, credits, metrics: [metric] }).then(
      (buyer) => {
        setChoice({ ...choice, name: '' })
        done(buyer)
      },
      (reason: unknown) => setError(reason instanceof Error ? reason.message : 'no answer'),
    )
  }
  return (
    <form id="add-buyer" class="card" onSubmit={submit}>
      <h2>Add a buyer</h2>
      <label class="field">
        Name
        <input
          name="name"
          required
          pattern="[a-z0-9\-]{1,32}"
          autocomplete="off"
          spellcheck={false}
          value={choice.name}
          onInput={({ currentTarget: { value } }) => setChoice({ ...choice, name: value })}
        />
      </label>
      <div class="pair">
        <label class="field">
          Credits
          <input
            name="credits"
            type="number"
            min={0}
            value={choice.credits}
            onInput={({ currentTarget: { value } }) =>
              setChoice({ ...choice, credits: Number(value) })
            }
          />
        </label>
        <label class="field">
          May ask for
          <select
            name="metric"
            onChange={({ currentTarget: { value } }) => setChoice({ ...choice, metric: value })}
          >
            <option value="all">everything</option>
            {(map?.metrics ?? []).filter(metricByName).map((name) => (
              <option key={name} value={name}>
                {metricName(name)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <button type="submit">Add</button>
      <p class="bad" role="alert">
        {error}
      </p>
    </form>
  )
}
