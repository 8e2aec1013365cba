import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findPorts, type PortFolders } from '../../../gateway/adapters/serial/ports.js'
import { temporaryFolder } from '../../support/gateway.js'

let folders: PortFolders

/** A terminal as the kernel lists it. */
function terminal(name: string, { device = true, file = true } = {}): string {
  mkdirSync(join(folders.sys, name, ...(device ? ['device'] : [])), { recursive: true })
  const path = join(folders.dev, name)
  if (file) writeFileSync(path, '')
  return path
}

beforeEach(() => {
  const root = temporaryFolder('fieldproof-sys')
  folders = { sys: join(root, 'sys'), byId: join(root, 'dev/serial/by-id'), dev: join(root, 'dev') }
  mkdirSync(folders.sys, { recursive: true })
  mkdirSync(folders.dev, { recursive: true })
})

describe('ports of Linux', () => {
  test('are USB bridges, USB boards and header pins with a device behind them', async () => {
    const real = ['ttyACM0', 'ttyAMA0', 'ttyUSB0', 'ttyUSB12'].map((name) => terminal(name))
    terminal('ttyUSB1', { device: false })
    terminal('ttyUSB2', { file: false })
    for (const name of ['ttyS0', 'tty1', 'ptmx', 'ttyprintk', 'console']) terminal(name)
    expect(await findPorts(folders, 'linux')).toEqual(real)
  })

  test('leave out the one on which the system has its console', async () => {
    terminal('ttyAMA0')
    const board = terminal('ttyUSB0')
    mkdirSync(join(folders.sys, 'console'), { recursive: true })
    writeFileSync(join(folders.sys, 'console', 'active'), 'tty0 ttyAMA0\n')
    expect(await findPorts(folders, 'linux')).toEqual([board])
  })

  test('are found by their stable names too, once each', async () => {
    const board = terminal('ttyUSB0')
    writeFileSync(join(folders.dev, 'ttyXYZ0'), '')
    mkdirSync(folders.byId, { recursive: true })
    symlinkSync('../../ttyUSB0', join(folders.byId, 'usb-board-if00'))
    symlinkSync('../../ttyXYZ0', join(folders.byId, 'usb-odd-if00'))
    symlinkSync('../../ttyUSB9', join(folders.byId, 'usb-gone-if00'))
    expect(await findPorts(folders, 'linux')).toEqual([board, join(folders.dev, 'ttyXYZ0')])
  })

  test('are none where the system tells nothing', async () => {
    const nowhere = { sys: '/nonexistent/a', byId: '/nonexistent/b', dev: '/nonexistent/c' }
    expect(await findPorts(nowhere, 'linux')).toEqual([])
  })
})

test('elsewhere a list that cannot be made is empty, not an error', async () => {
  const ports = await findPorts(folders, 'darwin')
  expect(ports).toEqual([...ports].sort())
})
