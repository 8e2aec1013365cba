/** Which serial ports there are, for `serial.ports: auto`. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Where Linux tells of its ports; passed in so that a test can make its own. */
export interface PortFolders {
  /** One entry per terminal that the kernel knows. */
  sys: string
  /** udev's stable names, which a container may be given without the rest. */
  byId: string
  dev: string
}

export const linuxFolders: PortFolders = {
  sys: '/sys/class/tty',
  byId: '/dev/serial/by-id',
  dev: '/dev',
}

/**
 * Names of ports that a board can be behind: USB bridges, USB boards, the pins of a Raspberry Pi.
 * ttyS* is left out: it exists without hardware, and where it has some, a log-in prompt often waits
 * there, which a probe every 2 s would keep busy. Who uses one lists it in `serial.ports`.
 */
const candidate = /^tty(USB|ACM|AMA|THS|XRUSB|WCH)\w*\d+$/

/**
 * Paths of the ports that a board may be behind now, sorted; empty where nothing can be found out.
 * On Linux the kernel's own list is read: it needs no udevadm (which SerialPort.list() starts anew
 * at each call, and cannot do without), so it may be asked every few seconds, also in a container.
 */
export async function findPorts(
  folders: PortFolders = linuxFolders,
  platform: NodeJS.Platform = process.platform,
): Promise<string[]> {
  const found = platform === 'linux' ? await linuxPorts(folders) : await listedPorts()
  return [...new Set(found)].sort()
}

async function linuxPorts(folders: PortFolders): Promise<string[]> {
  const consoles = (await text(join(folders.sys, 'console', 'active'))).split(/\s+/)
  const kernel = await linuxNames(folders)
  const stable = await Promise.all(
    (await entries(folders.byId)).map((name) => realpath(join(folders.byId, name)).catch(() => '')),
  )
  const names = [...kernel, ...stable.filter((path) => path !== '').map((path) => basename(path))]
  const paths = names
    .filter((name) => !consoles.includes(name))
    .map((name) => join(folders.dev, name))
  return (await Promise.all(paths.map(existing))).filter((path) => path !== undefined)
}

/** Terminals with a device behind them; a virtual one has none. */
async function linuxNames(folders: PortFolders): Promise<string[]> {
  const names = (await entries(folders.sys)).filter((name) => candidate.test(name))
  const real = await Promise.all(names.map((name) => existing(join(folders.sys, name, 'device'))))
  return names.filter((_, i) => real[i] !== undefined)
}

/** USB ports by the driver's own list, on the systems where it needs no helper program. */
async function listedPorts(): Promise<string[]> {
  const { SerialPort } = await import('serialport')
  const listed = await SerialPort.list().catch(() => [])
  return listed.filter((port) => port.vendorId !== undefined).map((port) => port.path)
}

async function existing(path: string): Promise<string | undefined> {
  return await stat(path).then(
    () => path,
    () => undefined,
  )
}

async function entries(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}

async function text(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '')
}
