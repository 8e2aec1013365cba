/** What is wrong with a board or its port, and how to put it right. */
import type { DeviceView, StatusView } from '../../ports/operations.js'

export interface Trouble {
  /** Names it, so that it is shown once. */
  id: string
  title: string
  /** What was seen. */
  seen: string
  /** What to do, step by step. */
  remedy: string[]
}

type SerialPort = StatusView['serial'][number]

/** A board on a good port is opened once; so many times without it having been lost by hand is a fault. */
const openedOften = 4

export function troublesOf(
  serial: readonly SerialPort[],
  devices: Iterable<DeviceView>,
): Trouble[] {
  const ports = serial.flatMap((port) => troubleOf(port) ?? [])
  const clocks = [...devices].flatMap((device) => clockTrouble(device) ?? [])
  return [...ports, ...clocks]
}

function troubleOf(port: SerialPort): Trouble | undefined {
  const known = byState[port.state]?.(port)
  if (known === undefined && port.opened < openedOften) return undefined
  const trouble = known ?? resets(port)
  return { id: `${port.port} ${port.state}`, seen: port.error ?? '', ...trouble }
}

type Words = Omit<Trouble, 'id' | 'seen'> & { seen?: string }

const byState: Readonly<Record<string, (port: SerialPort) => Words>> = {
  denied: ({ port }) => ({
    title: `No permission for ${port}`,
    remedy: [
      'Add the user that runs the gateway to the port’s group: sudo usermod -aG dialout $USER',
      'Log out and in again (a service: restart it), then the port opens by itself.',
    ],
  }),
  busy: ({ port }) => ({
    title: `${port} is in use by another program`,
    remedy: [
      'Close the serial monitor of the Arduino IDE, PlatformIO, screen or minicom.',
      `fuser -v ${port} names the program that holds it.`,
      'The gateway tries again every few seconds.',
    ],
  }),
  noise: ({ port }) => ({
    title: `${port} sends garbage`,
    remedy: [
      'Set the board to 115200 Bd, 8N1: Serial.begin(115200).',
      'Check the wiring: TX to RX, RX to TX, and a common ground; 3.3 V and 5 V do not mix.',
    ],
  }),
  silent: ({ port }) => ({
    title: `Nothing comes from ${port}`,
    seen: 'The port is open, and no valid line arrived for a minute.',
    remedy: [
      'Is a FieldProof sketch on the board? The example SerialMinimal is the shortest.',
      'Press the board’s reset button and watch for its lines.',
      'A cable that only charges has no data lines: try another.',
    ],
  }),
  missing: ({ port, device }) => ({
    title: device === undefined ? `${port} is not there` : `${device} was unplugged`,
    remedy: ['Plug the board in. It is found again under whatever name the port gets.'],
  }),
  failed: ({ port }) => ({
    title: `${port} cannot be opened`,
    remedy: [
      'Unplug the board and plug it in again.',
      'Is it a serial port at all? "fieldproof doctor" looks at every one.',
    ],
  }),
}

function resets({ port, opened }: SerialPort): Words {
  return {
    title: `The board on ${port} keeps starting again`,
    seen: `The port was lost and opened again ${opened} times.`,
    remedy: [
      'Many boards reset when their port is opened, which is once. More often their power fails.',
      'Use another cable or USB port, and no unpowered hub.',
      'A sketch that crashes does the same: watch its log lines below.',
    ],
  }
}

function clockTrouble({ device, refused, lastAtMs }: DeviceView): Trouble | undefined {
  const count = refused['bad-time'] ?? 0
  if (count === 0 || lastAtMs !== undefined) return undefined
  return {
    id: `${device} clock`,
    title: `The clock of ${device} is wrong`,
    seen: `${count} readings were refused for their time.`,
    remedy: [
      'On serial the gateway tells the time when the board asks ($FPTQ): call it after each start.',
      'On Wi-Fi let the board get the time by NTP before it signs its first reading.',
      'Is the gateway’s own clock right? "fieldproof doctor" compares it.',
    ],
  }
}
