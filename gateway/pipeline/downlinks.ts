/** What the gateway tells devices (PROTOCOL 2.4): their configuration, and receipts where they ask. */
import { encodeConfiguration, encodeReceipt } from '../core/device/downlink.js'
import type { Device, Registry } from '../core/device/registry.js'
import type { Clock } from '../ports/clock.js'
import type { Signer } from '../ports/signer.js'
import type { Accepted } from './events.js'

export interface DownlinkParts {
  network: string
  signer: Signer
  clock: Clock
  registry: Registry
  /** Whether the device asks for receipts on one of the links now. */
  wantsReceipts(device: string): boolean
  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): void
}

export interface Downlinks {
  /** The interval set at approval, to a device that was approved or came back. */
  configure(device: string): void
  /** The same to every active device, when the links have started. */
  configureAll(): void
  /** Evidence that the gateway accepted these readings: signed only for who asks. */
  receipts(accepted: readonly Accepted[]): void
}

export function createDownlinks(parts: DownlinkParts): Downlinks {
  const { network, signer, clock, registry } = parts

  /** A device obeys only a higher command number than before: time in seconds rises for ever. */
  function send({ id, intervalSec, metrics }: Device): void {
    const iat = Math.floor(clock.now() / 1000)
    // One record of each metric goes in a message.
    const fields = { device: id, cmdNo: iat, iat, intervalSec, records: metrics.length }
    parts.send(id, 'cm', encodeConfiguration(fields, signer, network))
  }

  return {
    configure(id) {
      const device = registry.byId(id)
      if (device?.state === 'active') send(device)
    },
    configureAll() {
      for (const device of registry.devices()) if (device.state === 'active') send(device)
    },
    receipts(accepted) {
      for (const { message, device, seq, leaf, atMs } of accepted) {
        if (message.kind !== 'rd' || !parts.wantsReceipts(device)) continue
        const fields = { device, seq, iat: Math.floor(atMs / 1000), leaf }
        parts.send(device, 'rc', encodeReceipt(fields, signer, network))
      }
    },
  }
}
