/**
 * Every limit of the gateway on one page, each with its reason. Names end in their unit.
 * Relations between limits are asserted in test/core/limits.test.ts.
 */

/** A signed message; PROTOCOL 2.1. One Ethernet frame of 1,500 holds most, two hold all. */
export const messageBytesMax = 2048
/** Nesting of CBOR items; a reading needs 5 (tag > array > map > tag > array). */
export const cborDepthMax = 6
/** Records in one pack; what 2,048 bytes hold when every record is as short as can be. */
export const recordsMax = 64
/** A sequence number fits in a JavaScript number and in JSON. */
export const seqMax = Number.MAX_SAFE_INTEGER
/** How far below the highest accepted sequence a new one may be: two packs of radio buffers. */
export const windowSize = 64
/** Age a record may have: a week of buffering in a dead spot. */
export const ageSecMax = 7 * 86_400
/** How far a board's clock may run ahead. */
export const skewSecMax = 120
/** Offset of a record from the pack's base time. */
export const offsetSecMax = 604_800
/** Times below this are "relative to now" in SenML (RFC 8428 section 4.5.3). */
export const absoluteTimeMin = 2 ** 28

/** A serial line from `$` to CRLF; the smallest boards buffer one. */
export const lineCharsMax = 1024

/** Journal group commit: whichever comes first. 20 ms is below what a person or a board notices. */
export const commitDelayMsMax = 20
export const commitMessagesMax = 256
/** A journal entry: the largest signed message (an epoch record is smaller). */
export const entryBytesMax = messageBytesMax
/** A journal segment: small enough to copy, large enough that a year has few files. */
export const segmentBytesMax = 64 * 1024 * 1024
/** A checkpoint covers every entry within this time; PROTOCOL 6.1. */
export const checkpointDelayMsMax = 5_000

/** Messages waiting for judgement before new ones are answered `overloaded`: about one second's work. */
export const intakeQueueMax = 8_192
/** Messages handed to a verifier thread at once: amortises the hand-over, stays under 10 ms of work. */
export const verifyBatchMax = 64

/** MQTT packets, refused before they are buffered; PROTOCOL 5. */
export const devicePacketBytesMax = 4_096
export const buyerPacketBytesMax = 16_384
/** Messages of one device in flight; PROTOCOL 5. */
export const inFlightMax = 128
/** Connections of the embedded broker: 1,000 devices and buyers on one small machine, twice over. */
export const connectionsMax = 2_048
/** Connections from one address before login, so that one host cannot take them all. */
export const connectionsPerAddressMax = 1_100

/** Candidates waiting for approval; PROTOCOL 2.3. */
export const pendingMax = 100
export const pendingHoursMax = 24
/** Age of a connect token's `exp` at most; PROTOCOL 2.3. */
export const connectTokenSecMax = 3_600
