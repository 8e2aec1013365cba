import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { Command } from 'commander'
import { readPolicyFile } from '../config/policyFile.js'
import { Failure, messageOf } from '../core/failure.js'
import { isForkText } from '../core/log/fork.js'
import type { Outcome } from '../core/proof/outcome.js'
import { isPacked, openProofFile } from '../core/proof/packed.js'
import type { ProofReport } from '../core/proof/proofLinks.js'
import { verifyFile } from '../core/query/verifyFile.js'
import { deviceArgument } from './options.js'
import { print, printJson } from './output.js'
import { tellAnswer } from './verifyAnswer.js'
import { compareWith, printLinks, tellComparison, verifyFork } from './verifyFork.js'

/** `fieldproof verify`: checks a proof file or an answer link by link, offline. */
export function verifyCommand(): Command {
  return new Command('verify')
    .argument(
      '<file>',
      'proof of a reading, answer to a query, or evidence of a fork; - for standard input',
    )
    .option('--gateway <id>', 'accept only what this gateway signed', deviceArgument)
    .option('--policy <file>', 'witnesses that must have signed: a C2SP tlog-policy file')
    .option(
      '--against <other>',
      'another proof file or checkpoint of this log, or another answer or /epochs: one tree or two?',
    )
    .option('--json', 'print the links as JSON')
    .addHelpText(
      'after',
      `
Exit code 0 where every link holds, 1 where one does not; it is named. With --against also 1 where
the two files show a fork: two logs signed by one key. An answer is one page, or the list or lines of
all its pages; while its proof is pending nothing is proved, and the exit code is 1.

Examples:
  fieldproof verify proof.json
  fieldproof verify answer.json --gateway j2jqmhsdcxhx4
  fieldproof verify proof.json --policy policy.txt
  fieldproof verify proof.json --against a-neighbours-proof.json
  fieldproof proof nbuo57lhddeib 70000 | fieldproof verify - --gateway j2jqmhsdcxhx4`,
    )
    .action(run)
}

interface VerifyCommandOptions {
  gateway?: string
  policy?: string
  against?: string
  json?: boolean
}

async function run(file: string, options: VerifyCommandOptions): Promise<void> {
  const input = await readProof(file)
  const json = options.json === true
  if (typeof input === 'string' && isForkText(input)) {
    verifyFork(input, json)
    return
  }
  const { gateway, policy, against } = options
  const { kind, report } = verifyFile(input, {
    ...(gateway === undefined ? {} : { gateway }),
    ...(policy === undefined ? {} : { policy: await readPolicyFile(policy, 'usage') }),
  })
  const other = against === undefined ? undefined : textOf(await readProof(against))
  if (kind === 'answer') {
    if (policy !== undefined)
      throw new Failure('usage', 'an answer carries no checkpoint: --policy is for proof files')
    tellAnswer(report, other === undefined ? undefined : { name: against!, text: other }, json)
    return
  }
  const compared =
    other === undefined || report.file === undefined || !report.ok
      ? undefined
      : compareWith(report.file, other, against!)
  if (json) printJson({ ...summary(report), ...(compared && { against: compared }) })
  else show(report)
  if (report.failed !== undefined)
    throw new Failure('check', `broken link: ${report.failed.link}: ${report.failed.detail}`)
  if (compared !== undefined) tellComparison(compared, json)
}

/** Text, or bytes where they are packed. */
async function readProof(file: string): Promise<string | Uint8Array> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file)
    return isPacked(bytes) ? new Uint8Array(bytes) : bytes.toString('utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read ${file}: ${messageOf(error)}`)
  }
}

/** A packed file as the JSON that it stands for; what cannot be unpacked is no text of any kind. */
function textOf(input: string | Uint8Array): string {
  if (typeof input === 'string') return input
  const opened = openProofFile(input)
  return opened.ok ? JSON.stringify(opened.value) : ''
}

function summary(report: ProofReport): object {
  return {
    ok: report.ok,
    links: report.links,
    failed: report.failed?.link ?? null,
    gateway: report.file?.gateway.id ?? null,
    network: report.file?.network ?? null,
    device: report.file?.device.id ?? null,
    outcome: report.outcome ?? null,
  }
}

function show(report: ProofReport): void {
  printLinks(report.links)
  if (!report.ok || report.file === undefined) return
  print(`\nThe reading is in the log of gateway ${report.file.gateway.id}.`)
  if (report.outcome === undefined)
    print('Its epoch was not closed when the proof was made; what it earned is in a later proof.')
  else for (const line of wordsOf(report.outcome)) print(line)
}

function wordsOf(outcome: Outcome): string[] {
  const { epoch, counted, owner, accepted, expected, weight, paid, earned } = outcome
  return [
    counted
      ? `It counts in epoch ${epoch}.`
      : `It was logged, not counted, in epoch ${epoch}: it arrived too late.`,
    `The device's row: ${accepted} accepted of ${expected} expected, weight ${weight}, ${paid} base units paid.`,
    earned
      ? `Owner ${owner} has earned ${earned.cumulative} base units of token ${earned.token} so far.`
      : `The file shows no earnings of owner ${owner}; rewards.json of the epoch lists them all.`,
  ]
}
