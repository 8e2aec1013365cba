import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { everyCommand, faultsOf } from '../support/everyCommand.js'

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}

test('every command and subcommand says what it is for, and shows an example of itself', async () => {
  const all = await everyCommand()
  expect(all.size).toBeGreaterThan(40)
  const without: string[] = []
  for (const [words, command] of all) {
    const help = helpOf(command)
    if (command.description() === '') without.push(`${words}: no description`)
    const examples = help.slice(help.search(/\nExamples?:\n/))
    if (!/\nExamples?:\n/.test(help) || !examples.includes(`fieldproof ${words}`))
      without.push(`${words}: no example`)
    for (const { long, description } of command.options)
      if (description === '') without.push(`${words} ${long}: no description`)
  }
  expect(without).toEqual([])
})

test('examples name commands and options that exist', async () => {
  const all = await everyCommand()
  const wrong: string[] = []
  for (const [words, command] of all) {
    const help = helpOf(command)
    const examples = help.slice(help.search(/\nExamples?:\n/))
    for (const [, line = ''] of examples.matchAll(/\bfieldproof +([a-z][^\n|&#]*)/g))
      for (const fault of faultsOf(line, all)) wrong.push(`${words}: ${fault} in "${line}"`)
  }
  expect(wrong).toEqual([])
})
