import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync } from 'vite'

/** One import of a source file: a path from the project's root, or a package's name. */
export interface Import {
  from: string
  to: string
  typeOnly: boolean
  /** By `import()`, when it is come to. */
  later?: boolean
}

/** TypeScript sources below `folder`, as paths from `root`. */
export function sourcesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/** Every static, dynamic and re-exporting import of one source file. */
export function importsOf(root: string, file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const { program, module, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Import[] = []
  const add = (request: string, typeOnly: boolean, later = false): void => {
    const local = request.startsWith('.')
    const path = local ? relative(root, resolve(root, dirname(file), request)) : request
    found.push({ from: file, to: local ? sourceOf(root, path) : path, typeOnly, later })
  }
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') {
      const named = node.specifiers.length > 0
      const inlineTypes =
        named &&
        node.specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')
      add(node.source.value, node.importKind === 'type' || inlineTypes)
    } else if (
      (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') &&
      node.source
    ) {
      add(node.source.value, node.exportKind === 'type')
    }
  }
  for (const dynamic of module.dynamicImports) {
    const request = text.slice(dynamic.moduleRequest.start, dynamic.moduleRequest.end)
    const literal = /^['"`]([^'"`$]+)['"`]$/.exec(request)
    if (literal?.[1]) add(literal[1], false, true)
  }
  return found
}

/** The source that `x.js` is made of. */
function sourceOf(root: string, path: string): string {
  const view = path.replace(/\.js$/, '.tsx')
  return existsSync(join(root, view)) ? view : path.replace(/\.js$/, '.ts')
}

/** Packages that are loaded, sooner than asked for, with these files and all that they import. */
export function packagesLoadedWith(root: string, entries: readonly string[]): string[] {
  const files = new Set(entries)
  const packages = new Set<string>()
  for (const file of files) {
    for (const { to, typeOnly, later } of importsOf(root, file)) {
      if (typeOnly || later) continue
      if (to.endsWith('.ts')) files.add(to)
      else if (!to.startsWith('node:')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(to)![0])
    }
  }
  return [...packages].sort()
}
