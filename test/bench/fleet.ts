/** A data directory with a fleet enrolled over the real path, made once and copied for each run. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { pendingMax } from '../../gateway/core/limits.js'
import { type RunningGateway, startGateway } from '../support/gateway.js'
import { type BenchDevice, benchNetwork, deviceOf } from './device.js'
import { connectPacket, publishPacket } from './packets.js'

/** Configuration of every gateway of the benchmark. */
export const gatewayEnv = {
  FIELDPROOF_NETWORK: benchNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_LOGGING__LEVEL: 'warn',
}

export const benchCell = '871963aa9ffffff'
const benchOwner = '0x1111111111111111111111111111111111111111'

export interface FleetOptions {
  env?: Record<string, string>
  /** Whose device it is; one owner has them all where it is absent. */
  ownerOf?: (index: number) => string
}

/** Enrols and approves devices 0 to `count` - 1 in a new data directory. */
export async function makeFleet(
  dataDir: string,
  count: number,
  { env = {}, ownerOf = () => benchOwner }: FleetOptions = {},
): Promise<void> {
  const gateway = await startGateway({ dataDir, env: { ...gatewayEnv, ...env } })
  // Half of what may wait for approval, so that nobody is refused.
  const lanes = Math.min(count, pendingMax / 2)
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let index = lane; index < count; index += lanes)
        await enrol(gateway, deviceOf(index), ownerOf(index))
    }),
  )
  await gateway.stop()
}

/** Sends the proof as a candidate and approves it as the operator. */
async function enrol(gateway: RunningGateway, device: BenchDevice, owner: string): Promise<void> {
  const socket = connect({ port: gateway.mqttPort, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  const fields = {
    nonce: new Uint8Array(),
    model: 'bench',
    firmware: 'bench',
    version: '1',
    metrics: ['temperature', 'humidity'] as const,
  }
  const proof = encodeEnrolment(fields, device, benchNetwork)
  const topic = `fp1/${benchNetwork}/enrol/${device.id}/req`
  socket.write(connectPacket(device.id, encodeConnectToken(device, benchNetwork)))
  socket.write(publishPacket(topic, 1, proof))
  // CONNACK and PUBACK, 4 bytes each; the second one comes once the candidate waits.
  for (let bytes = 0; bytes < 8; ) bytes += ((await once(socket, 'data')) as [Buffer])[0].length
  await gateway.api(`/api/devices/${device.id}/approve`, { owner, cell: benchCell })
  socket.destroy()
}
