import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of the project or package: where package.json is, beside `dist`. */
export const packageFolder = new URL('../../', import.meta.url)

/** The version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(fileURLToPath(new URL('package.json', packageFolder)), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
