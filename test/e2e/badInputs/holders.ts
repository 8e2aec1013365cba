/** Who takes part: one key each, so that every other file can name them. */

import { ed25519Sign } from '../../../gateway/core/crypto.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { key1, seed1 } from '../../../schemas/vectors/message.js'
import { holderOf } from '../../support/holder.js'

/** The device of schemas/vectors/invalid.json, whose messages it sends as they are. */
export const main: KeyHolder = { publicKey: key1, sign: (message) => ed25519Sign(message, seed1) }
/** A device whose MQTT sessions do what no honest one does. */
export const hostile = holderOf(11)
/** A device that went from the first key to the second. */
export const rotatedFrom = holderOf(12)
export const rotatedTo = holderOf(13)
export const suspended = holderOf(14)
export const revoked = holderOf(15)
/** Has sent its enrolment and waits. */
export const pending = holderOf(16)
/** Logs in as a candidate and sends enrolments that are wrong. */
export const candidate = holderOf(17)
/** Never seen. */
export const stranger = holderOf(18)

export const mainId = deviceIdOf(main.publicKey)
export const hostileId = deviceIdOf(hostile.publicKey)
export const rotatedId = deviceIdOf(rotatedFrom.publicKey)
export const candidateId = deviceIdOf(candidate.publicKey)
export const strangerId = deviceIdOf(stranger.publicKey)

/** Sequence of the rotation; the reading after it has the next one, and later ones follow. */
export const rotationSeq = 100
/** Highest sequence of the rotated device: its rotation is far below the window. */
export const rotatedHighest = 300
