/** A file that `fieldproof verify` and its page take: the proof of a reading, or an answer to a query. */
import { isPacked } from '../proof/packed.js'
import { type ProofReport, type VerifyOptions, verifyProofFile } from '../proof/proofLinks.js'
import { isAnswerText } from './answerFile.js'
import { type AnswerReport, verifyAnswerFile } from './verifyAnswer.js'

export type FileReport =
  | { readonly kind: 'reading'; readonly report: ProofReport }
  | { readonly kind: 'answer'; readonly report: AnswerReport }

/** Checks a file by the rules of its kind; what is of no kind is reported as a broken proof file. */
export function verifyFile(input: string | Uint8Array, options: VerifyOptions = {}): FileReport {
  if (typeof input !== 'string') {
    if (isPacked(input)) return { kind: 'reading', report: verifyProofFile(input, options) }
    return verifyFile(new TextDecoder().decode(input), options)
  }
  if (!isAnswerText(input)) return { kind: 'reading', report: verifyProofFile(input, options) }
  const { gateway, verify } = options
  const report = verifyAnswerFile(input, { ...(gateway && { gateway }), ...(verify && { verify }) })
  return { kind: 'answer', report }
}
