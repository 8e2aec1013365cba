import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { Failure, messageOf } from '../core/failure.js'
import { print } from './output.js'
import { type Answers, configText, type Question, questions } from './setupQuestions.js'

interface SetupOptions {
  output: string
  yes?: boolean
  force?: boolean
}

/** `fieldproof setup`: six questions, and a configuration file with comments. */
export function setupCommand(): Command {
  return new Command('setup')
    .option('-o, --output <file>', 'file to write', 'fieldproof.yaml')
    .option('-y, --yes', 'ask nothing: take every default')
    .option('--force', 'write over a file that is there')
    .addHelpText(
      'after',
      `
Each question shows its default; Enter takes it. Nothing is written before the last answer.

Examples:
  fieldproof setup
  fieldproof setup --yes --output /etc/fieldproof.yaml`,
    )
    .action(run)
}

async function run({ output, yes, force }: SetupOptions): Promise<void> {
  if (existsSync(output) && force !== true)
    throw new Failure('usage', `${output} is there: name another with --output, or say --force`)
  const answers = yes ? defaults() : await ask(process.stdin, process.stdout)
  await write(output, configText(answers))
  const { loadConfig } = await import('../config.js')
  await loadConfig({ file: output, env: {} })
  print(`written: ${output}`)
  const isHere = output === 'fieldproof.yaml'
  const flag = isHere ? '' : ` --config ${output}`
  print(`next:    fieldproof doctor${flag}    then    fieldproof start${flag}`)
}

function defaults(): Answers {
  return Object.fromEntries(
    questions.map(({ key, fallback }) => [key, fallback]),
  ) as unknown as Answers
}

/** Asks until each answer is good. Rejects with Failure('usage') where the input ends before that. */
export async function ask(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<Answers> {
  const terminal = createInterface({ input, output })
  const lines = terminal[Symbol.asyncIterator]()
  const answers: Partial<Record<string, unknown>> = {}
  try {
    for (const [i, question] of questions.entries()) {
      output.write(`\n${i + 1} of ${questions.length}. ${question.text}\n`)
      answers[question.key] = await answerTo(question, lines, output)
    }
  } finally {
    terminal.close()
  }
  return answers as unknown as Answers
}

async function answerTo(
  question: Question,
  lines: AsyncIterator<string>,
  output: NodeJS.WritableStream,
): Promise<unknown> {
  for (;;) {
    output.write(`   [${question.shown}] `)
    const next = await lines.next()
    if (next.done) throw new Failure('usage', 'the input ended: nothing was written; or use --yes')
    const text = next.value.trim()
    if (text === '') return question.fallback
    const value = question.read(text)
    if (value !== undefined) return value
    output.write(`   expected ${question.expected}\n`)
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.part`, text, { mode: 0o600 })
    await rename(`${path}.part`, path)
  } catch (error) {
    throw new Failure('permission', `cannot write ${path}: ${messageOf(error)}`)
  }
}
