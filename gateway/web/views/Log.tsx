/** The contribution log: how it grows, who signed it, and how far the series store follows. */
import { useModel } from '../data/store.js'
import { ago, count, duration } from '../format.js'
import { Facts } from '../parts/Facts.js'
import { Figures } from '../parts/Figures.js'

export function Log() {
  const { status, gateway } = useModel()
  if (status === undefined) return <p class="card">Asking for the log.</p>
  const { log, witnesses, store } = status
  return (
    <>
      <Figures />
      <div class="columns">
        <div class="stack">
          <section class="card" aria-label="Checkpoint">
            <h2>Newest checkpoint</h2>
            <p class="faint small">
              Signed {log.checkpointAtMs ? ago(log.checkpointAtMs, Date.now()) : 'not yet'}. Whoever
              keeps one can show later that nothing below it was changed.
            </p>
            <pre id="checkpoint">{log.checkpoint || 'none yet'}</pre>
            <p class="small">
              <a href="/checkpoint">/checkpoint</a> <a href="/gateway.json">/gateway.json</a>{' '}
              <a href="/epochs">/epochs</a> <a href="/verify">Check a proof</a>
            </p>
          </section>
        </div>
        <aside>
          <section aria-label="Witnesses">
            <h2>Witnesses</h2>
            <Facts
              id="witnesses"
              facts={witnesses.map(({ name, size, error }) => ({
                label: name,
                value: error ?? `signed ${count(size)} entries`,
                isBad: error !== undefined,
              }))}
              none="None is asked. A witness keeps a gateway from showing two people two logs: see witness.policy."
            />
          </section>
          <section aria-label="Series store">
            <h2>Series store</h2>
            <Facts
              id="store"
              facts={[
                { label: 'kind', value: store.kind },
                {
                  label: 'behind',
                  value:
                    store.lagRecords === 0
                      ? 'in step'
                      : `${count(store.lagRecords)} entries, ${duration(Math.round(store.lagSeconds))}`,
                },
                { label: 'refused for ever', value: `${count(store.dead)} points` },
                ...(store.error === undefined
                  ? []
                  : [{ label: 'error', value: store.error, isBad: true }]),
              ]}
              none=""
            />
          </section>
          {gateway && (
            <section aria-label="Verifier key">
              <h2>Verifier key</h2>
              <p class="card mono small wrap">{gateway.vkey}</p>
            </section>
          )}
        </aside>
      </div>
    </>
  )
}
