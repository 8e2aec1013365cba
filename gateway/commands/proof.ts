import { Command } from 'commander'
import { writeFileAtomic } from '../adapters/system/atomicFile.js'
import { Failure, messageOf } from '../core/failure.js'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions, deviceArgument, wholeArgument } from './options.js'
import { print } from './output.js'

/** `fieldproof proof`: the evidence that a reading was accepted and logged. */
export function proofCommand(): Command {
  const command = new Command('proof')
    .argument('<deviceId>', 'device id', deviceArgument)
    .argument('<seq>', 'sequence number of the reading', wholeArgument)
    .option('-o, --output <file>', 'write it to a file instead of standard output')
    .addHelpText(
      'after',
      `
The gateway waits for a checkpoint that covers the reading, at most 5 s. Once the epoch of the reading
is closed, the proof also shows what it came to.

Example:
  fieldproof proof nbuo57lhddeib 70000 -o proof.json && fieldproof verify proof.json`,
    )
  return addCommonOptions(command).action(run)
}

async function run(
  device: string,
  seq: number,
  options: CommonOptions & { output?: string },
): Promise<void> {
  const gateway = await connectGateway(options)
  const proof = await gateway.get<object>(`/proofs/${device}/${seq}`)
  // One line: with spaces and line ends it would be a third longer.
  const text = JSON.stringify(proof)
  if (options.output === undefined) return print(text)
  try {
    await writeFileAtomic(options.output, `${text}\n`, 0o644)
  } catch (error) {
    throw new Failure('permission', `cannot write ${options.output}: ${messageOf(error)}`)
  }
  print(`written to ${options.output}; check it with: fieldproof verify ${options.output}`)
}
