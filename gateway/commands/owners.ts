import { Command } from 'commander'
import type { OwnerGrant } from '../ports/owners.js'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions } from './options.js'
import { ago, print, printJson, printTable } from './output.js'

interface JsonOptions extends CommonOptions {
  json?: boolean
}

/** `fieldproof owners ..`: who may see what is its own. */
export function ownersCommand(): Command {
  const command = new Command('owners').addHelpText(
    'after',
    `
Examples:
  fieldproof owners token 0x52908400098527886E0F7030069857D2E4169EE7
  fieldproof owners list`,
  )
  command.addCommand(tokenCommand())
  command.addCommand(listCommand())
  command.addCommand(revokeCommand())
  return command
}

function tokenCommand(): Command {
  const command = new Command('token')
    .description('make a token for an owner; the one before ends')
    .argument('<address>', 'the owner, as devices are approved for it')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Example:
  fieldproof owners token 0x52908400098527886E0F7030069857D2E4169EE7

It is shown this once. With it an owner sees its own devices, values, statements and proofs in the
dashboard and over /api, and changes nothing.`,
    )
  return addCommonOptions(command).action(async (owner: string, options: JsonOptions) => {
    const gateway = await connectGateway(options)
    const made = await gateway.post<{ owner: string; token: string }>('/api/owners/token', {
      owner,
    })
    if (options.json) printJson(made)
    else print(made.token)
  })
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list the owners that have a token')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  fieldproof owners list --json')
  return addCommonOptions(command).action(async (options: JsonOptions) => {
    const gateway = await connectGateway(options)
    const owners = await gateway.get<OwnerGrant[]>('/api/owners')
    if (options.json) printJson(owners)
    else if (owners.length === 0) print('no owner has a token')
    else
      printTable(
        ['owner', 'token made'],
        owners.map(({ owner, atMs }) => [owner, ago(atMs, Date.now())]),
      )
  })
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('end an owner’s token, and every browser it signed in')
    .argument('<address>', 'the owner')
    .addHelpText(
      'after',
      '\nExample:\n  fieldproof owners revoke 0x52908400098527886E0F7030069857D2E4169EE7',
    )
  return addCommonOptions(command).action(async (owner: string, options: CommonOptions) => {
    const gateway = await connectGateway(options)
    await gateway.post('/api/owners/revoke', { owner })
    print('its token and sessions have ended')
  })
}
