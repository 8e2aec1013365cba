/** The proof of a reading: fetched, checked in this browser by the gateway's own rules, and shown. */
import { useState } from 'preact/hooks'
import type { FileReport as Report } from '../../core/query/verifyFile.js'
import type { DeviceView } from '../../ports/operations.js'
import { getJson, getText } from '../data/api.js'
import { FileReport } from './FileReport.js'
import { SaveFile } from './SaveFile.js'

interface Shown {
  seq: number
  text: string
  report: Report
}

export function Proof({ device: { device, highestSeq } }: { device: DeviceView }) {
  const [shown, setShown] = useState<Shown>()
  const [state, setState] = useState<{ busy: boolean; error: string }>({ busy: false, error: '' })
  const [seq, setSeq] = useState<number>()
  const wanted = seq ?? highestSeq
  const prove = async (which: () => Promise<number | undefined>): Promise<void> => {
    setState({ busy: true, error: '' })
    try {
      const seq = await which()
      if (seq !== undefined) setShown(await proofOf(device, seq))
      setState({ busy: false, error: '' })
    } catch (error) {
      setState({ busy: false, error: error instanceof Error ? error.message : 'no answer' })
    }
  }
  if (highestSeq === undefined) return null
  return (
    <section aria-label="Proof" class="card" id="proof">
      <div class="heading">
        <h2>Proof of a reading</h2>
        <span class="grow" />
        <label class="row small">
          Number
          <input
            type="number"
            min={0}
            max={highestSeq}
            value={seq ?? ''}
            placeholder={String(highestSeq)}
            onInput={({ currentTarget: { value } }) =>
              setSeq(value === '' ? undefined : Number(value))
            }
          />
        </label>
        <button
          type="button"
          id="prove"
          disabled={state.busy}
          onClick={() => void prove(async () => wanted)}
        >
          {seq === undefined ? 'Prove the newest reading' : `Prove reading ${seq}`}
        </button>
      </div>
      <p class="faint small">
        From the board’s signature to the log, the epoch and the owner’s amount. Checked here, in
        your browser; the file also holds for <a href="/verify">others</a>. What a reading earned
        stands there once its epoch is closed:{' '}
        <button
          type="button"
          id="prove-first"
          class="link"
          disabled={state.busy}
          onClick={() => void prove(() => firstOf(device))}
        >
          prove the first reading
        </button>
        .
      </p>
      <p class="bad" role="alert">
        {state.error}
      </p>
      {shown && (
        <>
          <FileReport
            key={`${shown.seq} ${shown.text.length}`}
            name={`The proof of reading ${shown.seq}`}
            file={shown.report}
          />
          <SaveFile
            name={`${device}-${shown.seq}.json`}
            text={shown.text}
            label="Save the proof file"
          />
        </>
      )}
    </section>
  )
}

async function proofOf(device: string, seq: number): Promise<Shown> {
  // The verifier is loaded when it is first wanted.
  const [text, { verifyFile }] = await Promise.all([
    getText(`/proofs/${device}/${seq}`),
    import('../../core/query/verifyFile.js'),
  ])
  return { seq, text, report: verifyFile(text) }
}

/** Number of the oldest reading of a device. */
async function firstOf(device: string): Promise<number | undefined> {
  const messages = await getJson<{ seq: number }[]>(`/api/devices/${device}/messages?limit=1`)
  return messages[0]?.seq
}
