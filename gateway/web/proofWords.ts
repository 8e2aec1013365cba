/** The links of a proof file and what it came to, in an owner's words. */
import type { Outcome } from '../core/proof/outcome.js'
import type { ProofFile } from '../core/proof/proofFile.js'
import type { LinkName } from '../core/proof/proofLinks.js'

/** One link: its title when it holds, from the file; `plain` where nothing is known. */
export interface ProofStep {
  link: LinkName
  plain: string
  title(file: ProofFile): string
}

/** Every link in order. */
export const proofSteps: readonly ProofStep[] = [
  { link: 'file', plain: 'The file is a proof', title: () => 'The file is a proof' },
  {
    link: 'message',
    plain: 'The device signed the reading',
    title: () => 'The device signed this reading, and nobody changed it since',
  },
  {
    link: 'device',
    plain: 'The key is the device’s',
    title: ({ device }) => `The key is that of device ${device.id}`,
  },
  {
    link: 'gateway',
    plain: 'The log is the gateway’s',
    title: ({ gateway }) => `The log is that of gateway ${gateway.id}`,
  },
  {
    link: 'checkpoint',
    plain: 'The gateway signed its log',
    title: ({ log }) => `The gateway signed its log of ${number(log.size)} entries`,
  },
  {
    link: 'witness',
    plain: 'Witnesses of the log',
    title: () => 'This page asks for no witness of the log',
  },
  {
    link: 'log',
    plain: 'The reading is in the log',
    title: ({ log }) => `Your reading is entry ${number(log.index)} of ${number(log.size)}`,
  },
  {
    link: 'record',
    plain: 'The gateway closed the epoch',
    title: ({ epoch }) => `The gateway closed epoch ${number(epoch?.n ?? 0)} and logged its record`,
  },
  {
    link: 'epoch',
    plain: 'The reading is of that epoch',
    title: ({ epoch }) => `Your reading is of epoch ${number(epoch?.n ?? 0)}`,
  },
  {
    link: 'contribution',
    plain: 'The device is in the epoch’s statement',
    title: ({ contribution }) =>
      `The epoch’s statement has ${number(contribution?.row.accepted ?? 0)} readings of the device that count`,
  },
  {
    link: 'reading',
    plain: 'The reading counts',
    title: ({ contribution }) =>
      contribution?.reading
        ? `Your reading counts, one of ${number(contribution.reading.size)}`
        : 'Your reading was logged, not counted: it arrived too late',
  },
  {
    link: 'reward',
    plain: 'The owner’s earnings are published',
    title: ({ reward }) =>
      reward
        ? 'The owner’s earnings are among those that the gateway published'
        : 'This epoch pays the device nothing, and the file shows no earlier earnings',
  },
]

/** Pairs of label and text; amounts in base units, the whole number that a token counts in. */
export function proofFacts(outcome: Outcome): [string, string][] {
  const { epoch, counted, owner, accepted, expected, weight, paid, earned } = outcome
  return [
    ['Epoch', `${number(epoch)}${counted ? '' : ' (logged, not counted)'}`],
    ['Owner', owner],
    ['Readings', `${number(accepted)} accepted of ${number(expected)} expected`],
    ['Weight', number(weight)],
    ['Paid to the device in this epoch', `${grouped(paid)} base units`],
    [
      'Owner’s earnings so far',
      earned ? `${grouped(earned.cumulative)} base units of token ${earned.token}` : 'nothing yet',
    ],
  ]
}

export function number(n: number): string {
  return grouped(String(n))
}

/** Thousands apart as everywhere on the dashboard; amounts are longer than a number holds. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}
