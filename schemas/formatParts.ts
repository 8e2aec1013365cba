/** Pieces that several JSON formats share. */
import * as z from 'zod'

/** A format, whatever it describes. */
export type AnyFormat = z.ZodType

export const b64u = z.string().regex(/^[A-Za-z0-9_-]*$/)
export const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .describe('Ed25519 public key, 32 bytes, b64u')
export const hash = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .describe('SHA-256, 32 bytes, b64u')
export const deviceId = z
  .string()
  .regex(/^[a-z2-7]{12}[acegikmoqsuwy246]$/)
  .describe('base32 of the kid, 8 bytes')
export const network = z.string().regex(/^[a-z0-9-]{1,32}$/)
export const count = z.int().min(0)
export const sequence = count.describe('sequence number, below 2^53')
