import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Failure, messageOf } from '../../core/failure.js'
import { deadLetterBytesMax } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { DeadLetters } from '../../ports/series.js'

/**
 * Dead letters as JSON lines: `{"at":ms,"device","metric","time":s,"value","error"}`. The file has
 * an end; beyond it points are counted only, since the journal holds them all.
 */
export async function openDeadLetters(path: string, clock: Clock): Promise<DeadLetters> {
  let { lines: count, bytes } = await measure(path)

  async function append(text: string): Promise<void> {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(text)
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  return {
    get count() {
      return count
    },
    async add(dead) {
      if (dead.length === 0) return
      const at = clock.now()
      let text = ''
      for (const { point, error } of dead) text += `${JSON.stringify({ at, ...point, error })}\n`
      if (bytes + text.length <= deadLetterBytesMax) {
        try {
          await append(text)
        } catch (error) {
          throw new Failure('unavailable', `cannot write ${path}: ${messageOf(error)}`)
        }
        bytes += Buffer.byteLength(text)
      }
      count += dead.length
    },
  }
}

async function measure(path: string): Promise<{ lines: number; bytes: number }> {
  let lines = 0
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      for (const byte of chunk) if (byte === 0x0a) lines++
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Failure('data', `cannot read ${path}: ${messageOf(error)}`)
  }
  return { lines, bytes }
}
