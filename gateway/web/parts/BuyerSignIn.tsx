/** Lets a buyer in, with the name and token that the operator gave it. */
import { useState } from 'preact/hooks'
import type { Trade } from '../data/trade.js'

export function BuyerSignIn({ trade }: { trade: Trade }) {
  const [login, setLogin] = useState({ name: '', token: '' })
  const [state, setState] = useState({ busy: false, error: '' })
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setState({ busy: true, error: '' })
    const refusal = await trade.signIn(login.name.trim(), login.token.trim())
    setLogin(({ name }) => ({ name, token: '' }))
    setState({ busy: false, error: refusal ?? '' })
    if (refusal === undefined) location.hash = '#/buy'
  }
  return (
    <form id="buyer" class="card prose" onSubmit={(event) => void submit(event)}>
      <h2>Buy released data</h2>
      <p>
        Aggregates over several owners, each row with its proof. The operator gives buyers a name
        and a token: <code>fieldproof buyers add</code>
      </p>
      <div class="row">
        <input
          name="buyer"
          autocomplete="off"
          spellcheck={false}
          placeholder="Buyer’s name"
          aria-label="Buyer’s name"
          pattern="[a-z0-9\-]{1,32}"
          required
          value={login.name}
          onInput={({ currentTarget: { value } }) => setLogin({ ...login, name: value })}
        />
        <input
          name="buyer-token"
          type="password"
          autocomplete="off"
          placeholder="Buyer’s token"
          aria-label="Buyer’s token"
          required
          value={login.token}
          onInput={({ currentTarget: { value } }) => setLogin({ ...login, token: value })}
        />
        <button type="submit" disabled={state.busy}>
          Enter
        </button>
      </div>
      <p class="bad" role="alert">
        {state.error}
      </p>
    </form>
  )
}
