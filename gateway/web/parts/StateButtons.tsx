/** What the operator can do to a device that was approved. */
import { useState } from 'preact/hooks'
import type { DeviceView } from '../../ports/operations.js'
import { post } from '../data/api.js'
import type { Live } from '../data/live.js'

export function StateButtons({ device, live }: { device: DeviceView; live: Live }) {
  const [error, setError] = useState('')
  const { device: id, state } = device
  const change = async (wanted: string): Promise<void> => {
    setError('')
    await post(`/api/devices/${id}/state`, { state: wanted }).catch((reason: unknown) =>
      setError(reason instanceof Error ? reason.message : ''),
    )
    await live.refresh()
  }
  if (state === 'pending')
    return (
      <a class="button" href={`#/approve/${id}`}>
        Approve
      </a>
    )
  return (
    <>
      <span class="bad" role="alert">
        {error}
      </span>
      {state !== 'active' && <span class="chip warn">{state}</span>}
      {state === 'active' && (
        <button type="button" class="quiet" onClick={() => void change('suspended')}>
          Suspend
        </button>
      )}
      {state === 'suspended' && (
        <button type="button" class="quiet" onClick={() => void change('active')}>
          Resume
        </button>
      )}
    </>
  )
}
