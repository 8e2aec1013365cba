import type { Command } from 'commander'
import { commands } from '../../gateway/commands/table.js'

/** Every command and subcommand by its words, as main.ts would show it: `devices approve`. */
export async function everyCommand(): Promise<Map<string, Command>> {
  const found = new Map<string, Command>()
  const walk = (words: string, command: Command): void => {
    found.set(words, command)
    for (const sub of command.commands) walk(`${words} ${sub.name()}`, sub)
  }
  for (const [name, { about, load }] of Object.entries(commands))
    walk(name, (await load()).description(about))
  return found
}

/** What is wrong with the words behind `fieldproof` in a command line: names and flags that are none. */
export function faultsOf(line: string, all: ReadonlyMap<string, Command>): string[] {
  const [first = '', second = ''] = line.trim().split(/\s+/)
  const sub = all.get(`${first} ${second}`)
  const named = sub ?? all.get(first)
  if (named === undefined) return [`${first} is no command`]
  if (sub === undefined && named.commands.length > 0 && /^[a-z]{3,}$/.test(second))
    return [`${first} has no ${second}`]
  // What stands in quotes is a value, or another program's line.
  const flags = line.replace(/"[^"]*("|$)/g, ' ').matchAll(/(?:^|\s)(--?[a-z][a-z-]*)/g)
  return [...flags].flatMap(([, flag = '']) => {
    const isKnown = named.options.some(({ long, short }) => long === flag || short === flag)
    return isKnown || flag === '--help' ? [] : [`${named.name()} has no ${flag}`]
  })
}
