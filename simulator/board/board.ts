/** A board that runs real firmware in an emulator; what comes and goes is its serial line. */
export interface EmulatedBoard {
  /** Bytes for the board; they arrive at the speed of its line. */
  write(bytes: Uint8Array): void
  /** Takes the power away for a moment. What the board had saved stays. */
  restart(): void
  /** Ends it. */
  stop(): Promise<void>
}

export interface BoardHost {
  /** The board has sent these bytes. */
  sent(bytes: Uint8Array): void
  /** It has changed what outlives a power cut; said before anything that it sends afterwards. */
  saved?(records: Uint8Array): void
  /** The emulator has failed, not the firmware: nothing more will come. */
  failed(error: Error): void
}
