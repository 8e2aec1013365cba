import { Command } from 'commander'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions } from './options.js'
import { print, printJson } from './output.js'

interface LinkOptions extends CommonOptions {
  owner?: string
  json?: boolean
}

/** `fieldproof link`: a link to the dashboard that signs one browser in, once. */
export function linkCommand(): Command {
  const command = new Command('link')
    .option('--owner <address>', 'for this owner, who then sees its own devices alone')
    .option('--json', 'print the link as JSON')
    .addHelpText(
      'after',
      `
Examples:
  fieldproof link
  fieldproof link --owner 0x52908400098527886E0F7030069857D2E4169EE7

It works once and for 15 minutes; the browser stays signed in for 30 days after its last visit.`,
    )
  return addCommonOptions(command).action(async (options: LinkOptions) => {
    const gateway = await connectGateway(options)
    const { owner } = options
    const { path } = await gateway.post<{ path: string }>('/api/links', owner ? { owner } : {})
    const link = `${gateway.url}${path}`
    if (options.json) printJson({ link })
    else print(link)
  })
}
