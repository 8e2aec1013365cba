/** Serial ports: which there are, and whether this user may open them. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { findPorts } from '../../adapters/serial/ports.js'
import type { Config } from '../../config/schema.js'
import { bad, type Finding, ok } from './finding.js'

export async function checkSerial({ serial }: Config): Promise<Finding[]> {
  const paths = serial.ports === 'auto' ? await findPorts() : serial.ports
  if (paths.length > 0) return Promise.all(paths.map(checkPath))
  return [ok('serial', serial.ports === 'auto' ? 'no board is plugged in' : 'turned off')]
}

async function checkPath(path: string): Promise<Finding> {
  if ((await stat(path).catch(() => undefined)) === undefined)
    return bad('serial', `${path} is not there`, 'plug the board in, or mend serial.ports')
  try {
    await access(path, constants.R_OK | constants.W_OK)
    return ok('serial', `${path} may be opened`)
  } catch {
    return bad(
      'serial',
      `${path}: no permission`,
      `run "sudo usermod -aG dialout ${userInfo().username}", then log in again`,
    )
  }
}
