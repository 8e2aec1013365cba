import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from './root.js'

/** Paths of a built image. */
export interface Image {
  elf: string
  flash: string
}

/** Builds an image as people do; what was built before is taken as it is. */
export async function builtImage(
  board: string,
  image: string,
  defines: Record<string, number> = {},
): Promise<Image> {
  const flags = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
  const tool = join(projectRoot(), 'devices/tools/build.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [tool, board, image, ...flags])
  return JSON.parse(stdout)
}
