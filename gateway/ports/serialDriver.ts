/**
 * Opens a port that is none of the system's, such as an emulated board's: what the `serialport`
 * package asks of a driver (its `BindingInterface`), as far as a gateway uses it.
 */
export interface SerialDriver {
  list(): Promise<{ path: string }[]>
  open(options: { path: string; baudRate: number }): Promise<SerialDriverPort>
}

/** A port of a driver. `read` and `write` reject with `canceled` set once it is closed. */
export interface SerialDriverPort {
  readonly isOpen: boolean
  /** Resolves with at least one byte. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }>
  write(bytes: Buffer): Promise<void>
  getBaudRate(): Promise<{ baudRate: number }>
  close(): Promise<void>
}
