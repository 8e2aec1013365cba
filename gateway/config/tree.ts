/**
 * The configuration before it is judged: plain values in a tree, and for each of them where it was
 * written, so that a complaint can name file and line, variable or flag.
 */
export type Tree = { [key: string]: unknown }

/** Where a value was written, for people: `fieldproof.yaml:12`, `FIELDPROOF_NETWORK`, `--network`. */
export type Origins = Map<string, string>

export interface Layer {
  tree: Tree
  origins: Origins
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An empty section. Without a prototype, so that no key of a file can reach one. */
export function emptyTree(): Tree {
  return Object.create(null)
}

/** Sets the value at a dotted path, making the sections above it. */
export function setAt(tree: Tree, path: string, value: unknown): void {
  const parts = path.split('.')
  const last = parts.pop()!
  let at = tree
  for (const part of parts) {
    const below = at[part]
    const section = isTree(below) ? below : emptyTree()
    at[part] = section
    at = section
  }
  at[last] = value
}

/** The value at a dotted path, or `undefined`. */
export function getAt(tree: Tree, path: string): unknown {
  let at: unknown = tree
  for (const part of path.split('.'))
    at = isTree(at) && Object.hasOwn(at, part) ? at[part] : undefined
  return at
}

/** Every leaf with its dotted path; lists are leaves. */
export function leaves(tree: Tree, prefix = ''): { path: string; value: unknown }[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    isTree(value) ? leaves(value, `${prefix}${name}.`) : [{ path: prefix + name, value }],
  )
}

/** Later layers win, leaf by leaf. */
export function merge(layers: readonly Layer[]): Layer {
  const merged: Layer = { tree: emptyTree(), origins: new Map() }
  for (const { tree, origins } of layers) {
    for (const [path, origin] of origins) merged.origins.set(path, origin)
    for (const { path, value } of leaves(tree)) setAt(merged.tree, path, value)
  }
  return merged
}

/** Where the value at a path, or else the nearest section above it, was written. */
export function originOf(origins: Origins, path: string): string | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins.get(at)
    if (origin !== undefined) return origin
  }
  return undefined
}
