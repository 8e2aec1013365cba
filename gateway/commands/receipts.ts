/** `fieldproof receipts`: whether readings with a receipt are in the log and in their epoch's row. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { writeFileAtomic } from '../adapters/system/atomicFile.js'
import { verifyOmission } from '../core/audit/omission.js'
import { type KeptReceipt, readReceipt } from '../core/audit/receiptLine.js'
import { toHex } from '../core/bytes.js'
import { ed25519Verify } from '../core/crypto.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure, messageOf } from '../core/failure.js'
import { auditShownMax } from '../core/limits.js'
import { deviceArgument } from './options.js'
import { paint, print, printJson } from './output.js'
import { addSourceOptions, type SourceOptions, sourceOf } from './published/options.js'
import { gatewayOf, type PublishedGateway } from './published/published.js'
import { type Fate, type Judgement, judgeReceipts } from './receipts/judge.js'

interface CheckOptions extends SourceOptions {
  gateway?: string
  evidence: string
  json?: boolean
}

const examples = `
A receipt is the gateway's signature on having logged a reading. One that its epoch omits is
written to a file with everything that a third party needs to see it: "fieldproof receipts verify".
Exit code 0 where nothing is omitted, 1 where something is, or where a receipt is not signed.

Examples:
  fieldproof simulate --devices 5 --duration 60 --receipts receipts.ndjson
  fieldproof receipts check receipts.ndjson
  fieldproof receipts check receipts.ndjson --url http://192.168.1.4:8484 --gateway j2jqmhsdcxhx4`

export function receiptsCommand(): Command {
  const command = new Command('receipts').addHelpText(
    'after',
    '\nExample:\n  fieldproof receipts check receipts.jsonl',
  )
  command.addCommand(checkCommand())
  command.addCommand(verifyCommand())
  return command
}

function checkCommand(): Command {
  const command = new Command('check')
    .description('look for each reading with a receipt in the log and in its epoch')
    .argument('<files...>', 'receipts that a device kept, - for standard input')
    .option('--gateway <id>', 'accept only receipts of this gateway', deviceArgument)
    .option('--evidence <folder>', 'where evidence of an omission is written', '.')
    .option('--json', 'print what became of each reading as JSON')
    .addHelpText('after', examples)
  return addSourceOptions(command).action(check)
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('check evidence of an omission, offline')
    .argument('<file>', 'evidence, - for standard input')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Exit code 0 where the file proves an omission, 1 where it does not.

Example:
  fieldproof receipts verify omission-qzxo7plhddeii-70000.json`,
    )
    .action(verify)
}

async function verify(file: string, options: { json?: boolean }): Promise<void> {
  const json = await contentOf(file)
  const proved = verifyOmission(json, ed25519Verify)
  if (options.json) printJson({ ok: proved.ok, detail: proved.ok ? proved.value : proved.detail })
  if (!proved.ok) throw new Failure('check', `${file} proves nothing: ${proved.detail}`)
  const { gateway } = JSON.parse(json) as { gateway: { id: string } }
  if (!options.json) print(`${paint('red', 'omission')} by gateway ${gateway.id}: ${proved.value}`)
}

async function check(files: readonly string[], options: CheckOptions): Promise<void> {
  const source = await sourceOf(options)
  const gateway = await gatewayOf(source)
  const id = deviceIdOf(gateway.key)
  if (options.gateway !== undefined && options.gateway !== id)
    throw new Failure('check', `${source.place} is gateway ${id}, not ${options.gateway}`)
  const { receipts, bad } = await receiptsOf(files, gateway)
  if (receipts.length === 0 && bad.length === 0) throw new Failure('usage', 'there is no receipt')
  const judgement: Judgement =
    receipts.length === 0
      ? { receipts: [], evidence: [] }
      : await judgeReceipts(source, gateway, receipts)
  const written = await writeEvidence(judgement, options.evidence)
  if (options.json) printJson(summaryOf(id, judgement, bad, written))
  else show(judgement, bad, written)
  const omitted = judgement.receipts.filter(({ fate }) => fate === 'omitted').length
  if (omitted > 0)
    throw new Failure('check', `${omitted} readings with a receipt are omitted: ${written[0]}`)
  if (bad.length > 0) throw new Failure('check', bad[0]!)
}

/** Good receipts, each reading once, and what is wrong with the other lines. */
async function receiptsOf(
  files: readonly string[],
  gateway: PublishedGateway,
): Promise<{ receipts: KeptReceipt[]; bad: string[] }> {
  const found = new Map<string, KeptReceipt>()
  const bad: string[] = []
  for (const file of files) {
    const lines = (await contentOf(file)).split('\n')
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '') continue
      const read = readReceipt(line, gateway, ed25519Verify)
      if (!read.ok) bad.push(`${file} line ${i + 1}: ${read.detail}`)
      else {
        const name = toHex(read.value.leaf)
        // Of two of one reading, the one that has its message says more.
        if (found.get(name)?.message === undefined) found.set(name, read.value)
      }
    }
  }
  return { receipts: [...found.values()], bad }
}

async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read ${file}: ${messageOf(error)}`)
  }
}

async function writeEvidence({ evidence }: Judgement, folder: string): Promise<string[]> {
  const paths: string[] = []
  for (const { name, file } of evidence) {
    const path = join(folder, `omission-${name}.json`)
    try {
      await writeFileAtomic(path, `${JSON.stringify(file, null, 1)}\n`, 0o644)
    } catch (error) {
      throw new Failure('permission', `cannot write ${path}: ${messageOf(error)}`)
    }
    paths.push(path)
  }
  return paths
}

const colours = { omitted: 'red', pending: 'yellow', logged: 'yellow' } as const

function show({ receipts }: Judgement, bad: readonly string[], written: readonly string[]): void {
  const fates: readonly Fate[] = ['counted', 'late', 'open', 'logged', 'pending', 'omitted']
  for (const fate of fates) {
    const those = receipts.filter((one) => one.fate === fate)
    if (those.length === 0) continue
    const colour = fate in colours ? colours[fate as keyof typeof colours] : 'green'
    print(`${paint(colour, fate.padEnd(8))}  ${those.length}`)
    if (fate === 'counted' || fate === 'open') continue
    for (const { receipt, detail } of those.slice(0, auditShownMax))
      print(`          ${receipt.device} ${receipt.seq}: ${detail}`)
    if (those.length > auditShownMax) print(`          and ${those.length - auditShownMax} more`)
  }
  for (const line of bad.slice(0, auditShownMax)) print(`${paint('red', 'refused ')}  ${line}`)
  for (const path of written)
    print(`evidence  ${path}; check it anywhere with: fieldproof receipts verify ${path}`)
}

function summaryOf(
  gateway: string,
  { receipts }: Judgement,
  bad: readonly string[],
  evidence: readonly string[],
): object {
  const rows = receipts.map(({ receipt: { device, seq }, fate, detail }) => ({
    device,
    seq,
    fate,
    detail,
  }))
  const ok = bad.length === 0 && rows.every(({ fate }) => fate !== 'omitted')
  return { ok, gateway, receipts: rows, refused: bad, evidence }
}
