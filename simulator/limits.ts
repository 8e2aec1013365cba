/** Every limit of the simulator, each with its reason. Names end in their unit. */

/** Messages of one device in flight: half the replay window, so that reordering stays inside it. */
export const inFlightDefault = 32
/** Messages that wait in one device; a board with 64 kB of spare memory keeps about as many. */
export const outboxMessagesMax = 256
/** An answer later than this means that the connection is worth nothing any more. */
export const answerMsMax = 15_000
/** Pauses between attempts to connect, doubling from the first to the last. */
export const reconnectMsMin = 250
export const reconnectMsMax = 15_000
/** Connections being opened at once: a listen backlog holds 128. */
export const connectingMax = 64
/** Candidates of one fleet waiting at once: half of what a gateway keeps (PROTOCOL 2.3). */
export const enrollingMax = 50
/** Sends of a faulty message before it counts as unanswered; honest ones are sent for ever. */
export const faultSendsMax = 5
/** Judged messages kept ready for a late verdict, and accepted ones kept for faults. */
export const judgedMessagesMax = 256
export const recentMessagesMax = 16
/** Messages of one run that the oracle remembers: about 300 MB. Older ones are not compared. */
export const ledgerMessagesMax = 500_000

/** Serial, device side; PROTOCOL 4. */
export const serialWindow = 4
export const serialTimeoutMsMin = 500
export const serialTimeoutMsMax = 8_000
export const serialTriesMax = 5
/** Values in a message on a serial line, which carries 755 bytes at most. */
export const serialRecordsMax = 16
/** Pause before a lost port is tried again. */
export const serialReopenMs = 1_000

/** A row of a replayed file; the longest real ones have 120 characters. */
export const rowCharsMax = 4_096
/** Sensors of one replayed file: a virtual device each, with a connection of its own. */
export const replaySensorsMax = 1_000
/** Room below the age limit of a record, so that a slow replay does not cross it on the way. */
export const replayMarginSec = 600

/** Work between two turns of the event loop: one frame, so that sockets are served. */
export const turnMsMax = 10
/** One call to the operator's API. */
export const callMsMax = 20_000
/** Calls to the operator's API at once. */
export const callsMax = 8
/** Rows asked for per call. */
export const pageRows = 1_000
/** Differences that the oracle lists; the others are counted. */
export const differencesMax = 50
/** How long the gateway's series may lag behind the journal before the oracle compares anyway. */
export const settleMsMax = 60_000

/** The emulated RP2040: clock of its processor, 115200 Bd in bytes of 10 bits a second. */
export const chipClockHz = 125_000_000
export const bytesPerLineSecond = 11_520
/** Longest run of an emulator between two looks for orders; below the gap between two lines. */
export const chipSliceMs = 4
/** Where its flash holds the records: the last 16 kB of a Pico's 2 MB, as devices/boards/rp2040 says. */
export const chipRecordsBytes = 16 * 1024
export const chipRecordsAt = 2 * 1024 * 1024 - chipRecordsBytes

/** The emulated Mega 2560: its crystal. */
export const megaClockHz = 16_000_000
