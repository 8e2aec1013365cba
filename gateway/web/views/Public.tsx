/** What everybody may see: how much and how well, never who, where or what. */
import { useState } from 'preact/hooks'
import type { Live } from '../data/live.js'
import type { Trade } from '../data/trade.js'
import { signText, type Wallet, walletHere } from '../data/wallet.js'
import { BuyerSignIn } from '../parts/BuyerSignIn.js'
import { Figures } from '../parts/Figures.js'

export function Public({ live, trade }: { live: Live; trade: Trade }) {
  return (
    <>
      <Figures />
      <div class="columns" id="public">
        <article class="card prose">
          <h2>What you see here</h2>
          <p>
            Sensors sign every reading with a key of their own. This gateway checks each signature,
            writes what it accepts to an append-only log, and signs a checkpoint of that log every
            few seconds. The readings themselves stay here.
          </p>
          <p>
            Anyone may follow the log: <a href="/checkpoint">checkpoint</a>,{' '}
            <a href="/gateway.json">key of this gateway</a>, <a href="/epochs">closed epochs</a>,{' '}
            <a href="/metrics">metrics</a>. Whoever holds a reading can ask for its proof and{' '}
            <a href="/verify">check it</a> without trusting this gateway.
          </p>
        </article>
        <aside>
          <SignIn live={live} />
          <BuyerSignIn trade={trade} />
        </aside>
      </div>
    </>
  )
}

function SignIn({ live }: { live: Live }) {
  const [token, setToken] = useState('')
  const [error, setError] = useState('')
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setToken('')
    setError((await live.signIn({ token: token.trim() })) ?? '')
  }
  const wallet = walletHere()
  const byWallet = async (provider: Wallet): Promise<void> => {
    try {
      setError((await live.signIn(await signText(provider))) ?? '')
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : 'The wallet did not sign.')
    }
  }
  return (
    <form id="enter" class="card prose" onSubmit={(event) => void submit(event)}>
      <h2>Sign in</h2>
      <p>
        Owners see their own devices, values and earnings; the operator sees all. The operator’s
        link: <code>fieldproof link</code>
      </p>
      <div class="row">
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="Token of owner or operator"
          aria-label="Token of owner or operator"
          required
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit">Sign in</button>
      </div>
      {wallet !== undefined && (
        <button type="button" class="quiet" onClick={() => void byWallet(wallet)}>
          Sign in with your wallet
        </button>
      )}
      <p class="bad" role="alert">
        {error}
      </p>
    </form>
  )
}
