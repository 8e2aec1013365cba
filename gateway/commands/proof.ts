import { Command } from 'commander'
import { writeFileAtomic } from '../adapters/system/atomicFile.js'
import { Failure, messageOf } from '../core/failure.js'
import { packProof } from '../core/proof/packed.js'
import type { ProofFile } from '../core/proof/proofFile.js'
import { connectGateway } from './client.js'
import { addCommonOptions, type CommonOptions, deviceArgument, wholeArgument } from './options.js'
import { print } from './output.js'

/** `fieldproof proof`: the evidence that a reading was accepted and logged. */
export function proofCommand(): Command {
  const command = new Command('proof')
    .argument('<deviceId>', 'device id', deviceArgument)
    .argument('<seq>', 'sequence number of the reading', wholeArgument)
    .option('-o, --output <file>', 'write it to a file instead of standard output')
    .option('--packed', 'write the packed form: CBOR, some 3.7 kB where JSON has 6; with -o')
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
  options: CommonOptions & { output?: string; packed?: boolean },
): Promise<void> {
  if (options.packed && options.output === undefined)
    throw new Failure('usage', 'the packed form is not for a terminal: name a file with -o')
  const gateway = await connectGateway(options)
  const proof = await gateway.get<ProofFile>(`/proofs/${device}/${seq}`)
  // One line: with spaces and line ends it would be a third longer.
  const text = JSON.stringify(proof)
  if (options.output === undefined) return print(text)
  try {
    await writeFileAtomic(options.output, options.packed ? packed(proof) : `${text}\n`, 0o644)
  } catch (error) {
    throw new Failure('permission', `cannot write ${options.output}: ${messageOf(error)}`)
  }
  print(`written to ${options.output}; check it with: fieldproof verify ${options.output}`)
}

function packed(proof: ProofFile): Uint8Array {
  const bytes = packProof(proof)
  if (!bytes.ok) throw new Failure('check', bytes.detail)
  return bytes.value
}
