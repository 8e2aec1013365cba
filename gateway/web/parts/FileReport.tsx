/** What a checked file comes to, link by link: for the page that checks files, and for a device's page. */
import { useEffect, useRef } from 'preact/hooks'
import type { ProofFile } from '../../core/proof/proofFile.js'
import type { FileReport as Report } from '../../core/query/verifyFile.js'
import { answerClosing, answerFacts, answerSteps } from '../answerWords.js'
import { proofFacts, proofSteps } from '../proofWords.js'

interface Row {
  link: string
  state: 'good' | 'bad' | 'idle' | 'skipped'
  title: string
  detail: string
}

interface Words {
  heading: string
  broken: string
  failed: { plain: string; detail: string } | undefined
  closing: string
  rows: Row[]
  facts: [string, string][]
}

const marks = {
  good: ['✓', 'holds'],
  bad: ['✗', 'broken'],
  idle: ['–', 'not asked'],
  skipped: ['–', 'not checked'],
} as const

/** `name`: of the file. The outcome takes the focus, so that who does not see it hears it. */
export function FileReport({ name, file }: { name: string; file: Report }) {
  const words = wordsOf(name, file)
  const verdict = useRef<HTMLHeadingElement>(null)
  useEffect(() => verdict.current?.focus(), [file])
  return (
    <section id="result" aria-labelledby="verdict">
      <div class={`verdict card ${words.failed ? 'bad' : 'good'}`}>
        <h2 id="verdict" tabIndex={-1} ref={verdict}>
          {words.failed ? words.broken : 'Every step holds'}
        </h2>
        <p id="verdict-text">
          {words.failed
            ? `${name} breaks at the step “${words.failed.plain}”: ${words.failed.detail}.`
            : words.closing}
        </p>
      </div>
      <h2>Step by step</h2>
      <ol id="links" class="links card">
        {words.rows.map(({ link, state, title, detail }) => (
          <li key={link} class={state} data-link={link}>
            <span class="mark" aria-hidden="true">
              {marks[state][0]}
            </span>
            <span class="title">{title}</span>
            <span class="word">{marks[state][1]}</span>
            {detail && <span class="detail mono">{detail}</span>}
          </li>
        ))}
      </ol>
      <section id="outcome" hidden={words.facts.length === 0}>
        <h2>{words.heading}</h2>
        <dl id="facts" class="facts card">
          {words.facts.flatMap(([label, text]) => [
            <dt key={label}>{label}</dt>,
            <dd key={`${label} text`}>{text}</dd>,
          ])}
        </dl>
      </section>
    </section>
  )
}

function wordsOf(name: string, { kind, report }: Report): Words {
  if (kind === 'answer') {
    const { failed, outcome } = report
    return {
      heading: 'What it shows',
      broken: 'This answer does not hold',
      failed: failed && { plain: plainOf(answerSteps, failed.link), detail: failed.detail },
      closing: outcome ? `${name} ${answerClosing(outcome)}` : '',
      rows: rowsOf(answerSteps, report.links, undefined, failed !== undefined),
      facts: outcome ? answerFacts(outcome) : [],
    }
  }
  const { failed, outcome, file } = report
  return {
    heading: 'What it came to',
    broken: 'This proof does not hold',
    failed: failed && { plain: plainOf(proofSteps, failed.link), detail: failed.detail },
    closing: file ? closing(name, file, outcome !== undefined) : '',
    rows: rowsOf(proofSteps, report.links, file, failed !== undefined),
    facts: outcome ? proofFacts(outcome) : [],
  }
}

function closing(name: string, { gateway }: ProofFile, isClosed: boolean): string {
  const start = `${name} is good for gateway ${gateway.id}.`
  return isClosed
    ? `${start} Compare that name with your gateway’s.`
    : `${start} The epoch of this reading was still open: a later proof also shows what it came to.`
}

type Steps = readonly { link: string; plain: string; title(file: ProofFile): string }[]

function plainOf(steps: readonly { link: string; plain: string }[], link: string): string {
  return steps.find((step) => step.link === link)?.plain ?? link
}

/** Links that the file has; after the first that failed, those that could not be checked. */
function rowsOf(
  steps: Steps,
  links: readonly { link: string; ok: boolean; detail: string }[],
  file: ProofFile | undefined,
  failed: boolean,
): Row[] {
  return steps.flatMap(({ link, plain, title }): Row[] => {
    const found = links.find((each) => each.link === link)
    if (found === undefined)
      return failed && hasPart(link, file)
        ? [{ link, state: 'skipped', title: plain, detail: '' }]
        : []
    if (!found.ok) return [{ link, state: 'bad', title: plain, detail: found.detail }]
    // Who must have signed is said to the command; without that, nothing was shown and nothing failed.
    const state = link === 'witness' ? 'idle' : 'good'
    const shown = file === undefined && steps === proofSteps ? plain : title(file as ProofFile)
    return [{ link, state, title: shown, detail: found.detail }]
  })
}

/** Whether a link was to come, as far as the file can be read. */
function hasPart(link: string, file: ProofFile | undefined): boolean {
  const ofEpoch = ['record', 'epoch', 'contribution', 'reading', 'reward'].includes(link)
  return !ofEpoch || file === undefined || file.epoch !== undefined
}
