/** What a device needs to count for rewards, point by point, in words. */
import type { DeviceView } from '../../ports/operations.js'
import { ago, ends } from '../format.js'

export interface CheckItem {
  name: 'key' | 'clock' | 'place' | 'owner' | 'reading' | 'counted'
  label: string
  state: 'yes' | 'no' | 'unknown'
  text: string
}

/** Intervals without a reading after which a device counts as silent. */
const silentIntervals = 3
/** No device is called silent sooner: people watch, and radios hesitate. */
const silentSecMin = 20
/** A reading that comes this much after its time is not counted (schemas/rewards.md). */
const lateSec = 600

/** `epoch`: number of the open one. */
export function checklist(
  device: DeviceView,
  nowMs: number,
  epoch: number | undefined,
): CheckItem[] {
  const items = [key(device), clock(device), place(device), owner(device), reading(device, nowMs)]
  return [...items, counted(device, items, epoch)]
}

/** Whether the device counts now, and if not, why not. */
export function isCounted(device: DeviceView, nowMs: number): CheckItem {
  return checklist(device, nowMs, undefined).at(-1)!
}

function key({ key, state }: DeviceView): CheckItem {
  const item = { name: 'key', label: 'Key' } as const
  if (state === 'revoked') return { ...item, state: 'no', text: 'revoked for ever' }
  return { ...item, state: 'yes', text: `signs with its own key ${ends(key)}` }
}

function clock({ refused, latest, lastAtMs }: DeviceView): CheckItem {
  const item = { name: 'clock', label: 'Clock' } as const
  const wrong = refused['bad-time'] ?? 0
  if (lastAtMs === undefined)
    return wrong > 0
      ? { ...item, state: 'no', text: `wrong: ${wrong} readings were refused for their time` }
      : { ...item, state: 'unknown', text: 'not known before the first reading' }
  // While the series store is away its values are not known; that they were accepted is.
  const newest = Math.max(...latest.map(({ time }) => time))
  const behind = latest.length === 0 ? 0 : Math.round(lastAtMs / 1000 - newest)
  if (behind > lateSec)
    return { ...item, state: 'no', text: `its readings come ${ago(0, behind * 1000)}` }
  return {
    ...item,
    state: 'yes',
    text: wrong > 0 ? `right now; was wrong ${wrong} times` : 'right',
  }
}

function place({ cell, placement, soldResolution }: DeviceView): CheckItem {
  const item = { name: 'place', label: 'Place' } as const
  if (cell === undefined) return { ...item, state: 'no', text: 'not on the map yet' }
  const sold = soldResolution === undefined ? '' : `, named at resolution ${soldResolution}`
  return { ...item, state: 'yes', text: `${cell}, ${placement ?? 'outdoor'}${sold}` }
}

function owner({ owner }: DeviceView): CheckItem {
  const item = { name: 'owner', label: 'Owner' } as const
  if (owner === undefined || /^0x0{40}$/.test(owner))
    return { ...item, state: 'no', text: 'nobody yet' }
  return { ...item, state: 'yes', text: owner }
}

function reading({ lastAtMs, intervalSec = 60, online }: DeviceView, nowMs: number): CheckItem {
  const item = { name: 'reading', label: 'Last reading' } as const
  if (lastAtMs === undefined)
    return { ...item, state: 'no', text: online ? 'none yet; it is connected' : 'none yet' }
  const text = `${ago(lastAtMs, nowMs)}; one is due every ${intervalSec} s`
  const silentMs = 1000 * Math.max(silentSecMin, silentIntervals * intervalSec)
  return { ...item, state: nowMs - lastAtMs > silentMs ? 'no' : 'yes', text }
}

/** Why not, for the first point that stands in the way. */
const reasons: Readonly<Record<string, string>> = {
  key: 'its key is revoked',
  clock: 'its clock is wrong',
  place: 'it has no place',
  owner: 'it has no owner',
  reading: 'no reading comes',
}

function counted(
  { state, simulated }: DeviceView,
  items: readonly CheckItem[],
  epoch: number | undefined,
): CheckItem {
  const item = { name: 'counted', label: 'Counted for rewards' } as const
  if (state === 'pending') return { ...item, state: 'no', text: 'no: it waits for approval' }
  if (state !== 'active') return { ...item, state: 'no', text: `no: it is ${state}` }
  const missing = items.find((each) => each.state === 'no')
  if (missing) return { ...item, state: 'no', text: `no: ${reasons[missing.name] ?? missing.text}` }
  if (items.some((each) => each.state === 'unknown'))
    return { ...item, state: 'unknown', text: 'not known yet' }
  const when = epoch === undefined ? 'yes' : `yes, in epoch ${epoch}`
  return {
    ...item,
    state: 'yes',
    text: simulated ? `${when}; simulated devices earn the test token only` : when,
  }
}
