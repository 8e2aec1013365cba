/** What witnesses have signed under a checkpoint, in words: one link of a proof (proofLinks.ts). */
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { formatInstant } from '../time.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Cosignature, openCosignatures } from './cosignature.js'
import { openNote, parseNote } from './note.js'
import { isQuorumMet, type Policy } from './policy.js'

/**
 * Judges a checkpoint's witnesses. Without a policy it holds and says plainly what nobody vouched
 * for: nothing can be verified without keys. With one, it holds where one of its logs (if it names
 * any) signed the checkpoint and its quorum of witnesses did.
 */
export function checkWitnesses(
  checkpoint: string,
  policy?: Policy,
  verify: VerifySignature = ed25519Verify,
): Result<string> {
  const note = parseNote(checkpoint)
  if (!note.ok) return note
  if (policy === undefined) return accept(unverified(checkpoint))
  if (!isOfLog(checkpoint, policy, verify))
    return refuse('bad-signature', 'no log of the policy has signed this checkpoint')
  const keys = policy.witnesses.map(({ key }) => key)
  const opened = openCosignatures(note.value, keys, verify)
  if (!opened.ok) return opened
  const signed = policy.witnesses.flatMap(({ name, key }) => {
    const cosignature = opened.value.find((one) => one.key === key)
    return cosignature === undefined ? [] : [{ name, cosignature }]
  })
  const words = inWords(signed, policy.witnesses.length)
  const isMet = isQuorumMet(policy, new Set(signed.map(({ name }) => name)))
  if (!isMet) return refuse('bad-signature', `${words}; quorum ${policy.quorum} is not met`)
  return accept(
    policy.quorum === undefined
      ? `${words}; the policy asks for none`
      : `${words}; quorum ${policy.quorum} is met`,
  )
}

/** Any of the policy's logs will do; a policy without logs leaves that to other links. */
function isOfLog(checkpoint: string, { logs }: Policy, verify: VerifySignature): boolean {
  if (logs.length === 0) return true
  return logs.some(({ key }) => {
    const text = openNote(checkpoint, key, verify)
    return text.ok && text.value.startsWith(`${key.name}\n`)
  })
}

function unverified(checkpoint: string): string {
  const note = parseNote(checkpoint)
  const origin = checkpoint.slice(0, checkpoint.indexOf('\n'))
  const others = note.ok ? note.value.signatures.filter(({ name }) => name !== origin) : []
  if (others.length === 0) return 'no witness signed this checkpoint'
  const names = [...new Set(others.map(({ name }) => name))]
  return `not checked, no policy was given: lines of ${names.join(', ')}`
}

function inWords(signed: { name: string; cosignature: Cosignature }[], all: number): string {
  if (signed.length === 0) return `none of ${all} witnesses signed this checkpoint`
  const each = signed.map(
    ({ name, cosignature }) => `${name} at ${formatInstant(cosignature.timeSec)}`,
  )
  return `${signed.length} of ${all} witnesses signed (${each.join(', ')})`
}
