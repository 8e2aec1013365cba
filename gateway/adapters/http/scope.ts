/** The operator's reads as one viewer may have them: an owner's are of its own devices. */
import type { DeviceView, GatewayEvent, Operations, StatusView } from '../../ports/operations.js'
import { ownerIn, type Viewer } from './viewer.js'

export interface Scope {
  devices(): Promise<DeviceView[]>
  /** `undefined` where there is none, or it is somebody else's: an owner learns no difference. */
  device(id: string): Promise<DeviceView | undefined>
  status(): Promise<StatusView>
  /** Whether the viewer is told of an event. */
  hears(event: GatewayEvent): boolean
}

export function scopeOf(operations: Operations, viewer: Viewer): Scope {
  const owner = ownerIn(viewer)
  if (owner === undefined)
    return {
      devices: () => operations.devices(),
      device: (id) => operations.device(id),
      status: () => operations.status(),
      hears: () => true,
    }
  return {
    devices: () => operations.devices(owner),
    async device(id) {
      if (operations.ownerOf(id) !== owner) return undefined
      return operations.device(id)
    },
    status: async () => withoutOthers(await operations.status()),
    hears: (event) => {
      if (event.type === 'checkpoint' || event.type === 'epoch') return true
      if (event.type === 'note' || event.device === undefined) return false
      return operations.ownerOf(event.device) === owner
    },
  }
}

/** The machine's ports and addresses are the operator's, and boards on them may be anybody's. */
function withoutOthers(status: StatusView): StatusView {
  return { ...status, serial: [], listeners: [], degraded: [] }
}
