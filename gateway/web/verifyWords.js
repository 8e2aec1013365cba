/** The links of a proof file and what it came to, in an owner's words. */

/** Every link in order: its title when it holds, from the file; `plain` where nothing is known. */
export const steps = [
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
    title: ({ epoch }) => `The gateway closed epoch ${number(epoch.n)} and logged its record`,
  },
  {
    link: 'epoch',
    plain: 'The reading is of that epoch',
    title: ({ epoch }) => `Your reading is of epoch ${number(epoch.n)}`,
  },
  {
    link: 'contribution',
    plain: 'The device is in the epoch’s statement',
    title: ({ contribution: { row } }) =>
      `The epoch’s statement has ${number(row.accepted)} readings of the device that count`,
  },
  {
    link: 'reading',
    plain: 'The reading counts',
    title: ({ contribution: { reading } }) =>
      reading
        ? `Your reading counts, one of ${number(reading.size)}`
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
export function factsOf(outcome) {
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

function number(n) {
  return grouped(String(n))
}

/** Thousands apart by thin spaces. */
function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, '\u202f')
}
