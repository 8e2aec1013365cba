import { vectorText } from './vectors.js'

/** schemas/vectors/device.json: inputs, and the messages that any device makes of them. */
export interface DeviceVectors {
  network: string
  device: { seed: string; key: string; thumbprint: string; id: string }
  next: { seed: string; key: string }
  gateway: { seed: string; key: string }
  readings: {
    name: string
    seq: number
    values: { metric: string; time: number; m: number; e: number }[]
    hex: string
    line?: string
  }[]
  enrolments: {
    nonce: string
    model: string
    firmware: string
    version: string
    metrics: string[]
    owner?: string
    cell?: string
    hex: string
  }[]
  tokens: { exp: number; password: string }[]
  rotation: { device: string; iat: number; seq: number; hex: string }
  revocation: { device: string; iat: number; seq: number; hex: string }
  code: { nonce: string; code: string }
  downlinks: { name: string; kind: string; obeyed?: string; hex: string }[]
}

export function deviceVectors(): DeviceVectors {
  return JSON.parse(vectorText('device')) as DeviceVectors
}
