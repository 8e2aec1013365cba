/** Reads the vector files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../gateway/core/bytes.js'
import type { Reason } from '../../gateway/core/verdict.js'
import { projectRoot } from './root.js'

export interface Fp1Vector {
  name: string
  alg: -8 | -19
  network: string
  seq: number
  protected: string
  payload: string
  sig_structure: string
  cose_sign1: string
  leaf: string
  serial: string
}

export interface Fp1 {
  seed: string
  pub: string
  cose_key: string
  ckt: string
  kid: string
  deviceId: string
  crc16_check: string
  vectors: Fp1Vector[]
}

export interface Judged {
  now: number
  device: { id: string; kid: string; key: string; seed: string }
}

export interface ValidVector {
  name: string
  network: string
  alg: number
  seq: number
  values: { metric: string; time: number; m: number; e: number }[]
  leaf: string
  hex: string
}

export interface InvalidVector {
  name: string
  network: string
  reason: Reason
  hex: string
}

/** The text of a vector file. */
export function vectorText(name: string): string {
  return readFileSync(join(projectRoot(), 'schemas/vectors', `${name}.json`), 'utf8')
}

export function fp1Vectors(): Fp1 {
  return JSON.parse(vectorText('fp1'))
}

export function validVectors(): Judged & { vectors: ValidVector[] } {
  return JSON.parse(vectorText('valid'))
}

export function invalidVectors(): Judged & { vectors: InvalidVector[] } {
  return JSON.parse(vectorText('invalid'))
}

/** Bytes of hex that is known to be good. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (bytes === undefined) throw new Error(`not hex: ${text}`)
  return bytes
}
