/** What each reason for a refusal means, in a few words (schemas/judgement.md, schemas/mqtt.md). */
const meanings: Readonly<Record<string, string>> = {
  overloaded: 'too many at once; the device sends again',
  malformed: 'not a message of this protocol',
  'unknown-device': 'no approved device has this key',
  revoked: 'the device or its key was revoked',
  suspended: 'the operator has suspended the device',
  replayed: 'far older than what was accepted before',
  'bad-signature': 'forged or damaged: the signature is wrong',
  equivocation: 'another message under a number used before',
  'out-of-profile': 'a metric, unit or value that cannot be',
  'bad-time': 'the clock of the device is wrong',
  frame: 'a damaged serial line',
  crc: 'a damaged serial line',
  filter: 'asked to read what is not its own; new devices try',
  topic: 'wrote to a topic that is not its own',
  login: 'a name without its key or token',
  'client-id': 'a client id that is not its own',
  will: 'a last word that it may not leave',
  presence: 'a status that cannot be read',
  time: 'a question for the time that cannot be read',
  wallet: 'a signature that is not the wallet’s',
  qos: 'a delivery that the protocol does not have',
  retain: 'a message to be kept that may not be',
  connections: 'more connections than may be',
}

/** Empty for a reason that has no words here. */
export function meaningOf(reason: string): string {
  return meanings[reason] ?? ''
}
