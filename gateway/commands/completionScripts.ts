/** Completion of commands and options as scripts for shells. Where a name of a file may stand, files are offered. */

export const shells = ['bash', 'zsh', 'fish'] as const

export interface ShellNode {
  name: string
  about: string
  options: readonly { flag: string; about: string }[]
  commands: readonly ShellNode[]
}

/** A place in the command line: `/devices/approve`, `` for none yet. */
interface Place {
  path: string
  words: readonly { word: string; about: string }[]
}

/** The script for one shell. Names and options are those of the program, so nothing needs quoting. */
export function shellScript(shell: (typeof shells)[number], nodes: readonly ShellNode[]): string {
  const root = nodes.map(({ name, about }) => ({ word: name, about }))
  const places = [{ path: '', words: root }, ...nodes.flatMap((node) => placesOf(node, ''))]
  if (shell === 'bash') return bash(places)
  return shell === 'zsh' ? zsh(places) : fish(places)
}

function placesOf(node: ShellNode, above: string): Place[] {
  const path = `${above}/${node.name}`
  const words = [
    ...node.commands.map(({ name, about }) => ({ word: name, about })),
    ...node.options.map(({ flag, about }) => ({ word: flag, about })),
  ]
  return [{ path, words }, ...node.commands.flatMap((sub) => placesOf(sub, path))]
}

function knownPaths(places: readonly Place[], between: string): string {
  return places
    .slice(1)
    .map(({ path }) => path)
    .join(between)
}

function bash(places: readonly Place[]): string {
  return `_fieldproof() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${knownPaths(places, '|')}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${places.map((place) => `    ${place.path || '""'}) words="${wordsOf(place)}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _fieldproof fieldproof`
}

function zsh(places: readonly Place[]): string {
  return `#compdef fieldproof
_fieldproof() {
  local at="" word offered=""
  for word in \${words[2,CURRENT-1]}; do
    case "$at/$word" in
      ${knownPaths(places, '|')}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${places.map((place) => `    ${place.path || '""'}) offered="${wordsOf(place)}" ;;`).join('\n')}
  esac
  compadd -- \${=offered}
  _files
}
compdef _fieldproof fieldproof`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(
      ({ word, about }) =>
        `complete -c fieldproof -n '__fieldproof_at "${path}"' -a '${word}' -d '${about.replaceAll("'", '’')}'`,
    ),
  )
  return `function __fieldproof_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at/$word"
      case ${knownPaths(places, ' ')}
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}`
}

function wordsOf({ words }: Place): string {
  return words.map(({ word }) => word).join(' ')
}
