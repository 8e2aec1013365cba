import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Image } from './image.js'
import { projectRoot } from './root.js'

/** Builds a sketch for a Mega 2560 as people do; folders, its own and those of headers, are below devices/. */
export async function builtSketch(
  folder: string,
  includes: readonly string[] = [],
): Promise<Image> {
  const devices = join(projectRoot(), 'devices')
  const flags = includes.map((one) => `-I${join(devices, one)}`)
  const args = [join(devices, 'tools/sketch.mjs'), join(devices, folder), ...flags]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

/** The sketch that a Mega 2560 is measured with. */
export const megaSketch = 'arduino/FieldProof/examples/MegaMinimal'
