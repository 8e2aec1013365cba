import { existsSync, readFileSync } from 'node:fs'
import { assert } from './core/failure.js'

/** Folder of the project or package: the nearest one above this file that has a package.json. */
export const packageFolder = findPackageFolder()

function findPackageFolder(): URL {
  let folder = new URL('./', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const above = new URL('../', folder)
    assert(above.href !== folder.href, 'the program lies in its package')
    folder = above
  }
  return folder
}

/** The version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageFolder), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The AsyncAPI document of schemas/asyncapi.json, in one line. */
export function asyncapiText(): string {
  const text = readFileSync(new URL('schemas/asyncapi.json', packageFolder), 'utf8')
  return JSON.stringify(JSON.parse(text))
}
