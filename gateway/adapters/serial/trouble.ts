/** Why a port cannot be opened or used, as a state for the dashboard. */
export type PortTrouble = 'missing' | 'denied' | 'busy' | 'failed'

/**
 * What an error of the serial driver means, and what to do next, to be read after the port's path.
 * The driver gives no code but the system's words, so these are matched (Linux, macOS, Windows).
 */
export function explain(path: string, message: string): { state: PortTrouble; text: string } {
  if (/permission denied|operation not permitted/i.test(message))
    return {
      state: 'denied',
      text:
        'may not be opened by this user: add the user to the group that owns it (Debian: ' +
        '`sudo usermod -aG dialout $USER`) and log in again',
    }
  if (/cannot lock|resource busy|resource temporarily unavailable|access denied/i.test(message))
    return {
      state: 'busy',
      text:
        'is in use by another program: close the serial monitor or second gateway that ' +
        `holds it (\`fuser -v ${path}\` names it)`,
    }
  if (isGone(message) || /no such file|file not found/i.test(message))
    return { state: 'missing', text: 'is not there: plug the board in' }
  if (/inappropriate ioctl|not a (tty|typewriter)|is a directory/i.test(message))
    return {
      state: 'failed',
      text: 'is no serial port: correct serial.ports in the configuration',
    }
  return { state: 'failed', text: `cannot be opened, tried again: ${message}` }
}

/** True where an open port's device has been taken away. */
export function isGone(message: string): boolean {
  return /no such device|bad file descriptor|i\/o error|input\/output/i.test(message)
}
