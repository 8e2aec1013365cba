import { Argument, Command } from 'commander'
import { type ShellNode, shellScript, shells } from './completionScripts.js'
import { print } from './output.js'

/** A command of the table. */
interface Entry {
  about: string
  load(): Promise<Command>
}

/** `fieldproof completion`: what a shell needs to complete the command line of these commands. */
export function completionCommand(all: () => Readonly<Record<string, Entry>>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  fieldproof completion bash | sudo tee /etc/bash_completion.d/fieldproof
  fieldproof completion zsh > "\${fpath[1]}/_fieldproof"
  fieldproof completion fish > ~/.config/fish/completions/fieldproof.fish`,
    )
    .action(async (shell: (typeof shells)[number]) => {
      const nodes: ShellNode[] = []
      for (const [name, { about, load }] of Object.entries(all()))
        nodes.push(nodeOf(name, about, await load()))
      print(shellScript(shell, nodes))
    })
}

function nodeOf(name: string, about: string, command: Command): ShellNode {
  return {
    name,
    about,
    options: [
      ...command.options.map(({ long, description }) => ({ flag: long ?? '', about: description })),
      { flag: '--help', about: 'show what is possible' },
    ],
    commands: command.commands.map((sub) => nodeOf(sub.name(), sub.description(), sub)),
  }
}
