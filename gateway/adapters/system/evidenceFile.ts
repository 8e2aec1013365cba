import { appendFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toB64u } from '../../core/bytes.js'
import { evidenceBytesMax } from '../../core/limits.js'
import type { EvidenceStore } from '../../ports/evidence.js'

/**
 * Equivocations as JSON lines in `evidence.jsonl`: `{"at":ms,"device","seq","message":b64u}`. The
 * file has an end, because a device can sign as many different messages as it likes; the first ones
 * prove the point.
 */
export function evidenceFile(dataDir: string, report: (error: unknown) => void): EvidenceStore {
  const path = join(dataDir, 'evidence.jsonl')
  let bytes: number | undefined
  let writing: Promise<void> = Promise.resolve()
  async function append(line: string): Promise<void> {
    bytes ??= await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
    if (bytes + line.length > evidenceBytesMax) return
    bytes += line.length
    await appendFile(path, line, { mode: 0o600 })
  }
  return {
    keep({ device, seq, message, atMs }) {
      const line = `${JSON.stringify({ at: atMs, device, seq, message: toB64u(message) })}\n`
      writing = writing.then(() => append(line)).catch(report)
    },
  }
}
