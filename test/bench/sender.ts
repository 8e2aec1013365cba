import { type Child, startChild } from './child.js'
import type { Load } from './prepare.js'

/** What the load generator is told. */
export interface SenderPlan {
  /** Folder of a message set. */
  set: string
  port: number
  /** Messages of one connection in flight. */
  window: number
  /** Messages after which the measurement begins. */
  warmUp: number
  /** Milliseconds between two messages of a connection; absent: as fast as they are acknowledged. */
  everyMs?: number
}

/** A load generator that is logged in and begins at `go`. */
export async function startLoad(load: Load, port: number, everyMs?: number): Promise<Child> {
  const { set, window, warmUp } = load
  const plan: SenderPlan = {
    set,
    port,
    window,
    warmUp,
    ...(everyMs === undefined ? {} : { everyMs }),
  }
  const child = startChild('sendLoad.js', plan)
  await child.said('ready')
  return child
}
