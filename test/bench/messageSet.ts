/**
 * What a load generator sends, made before anything is measured: PUBLISH packets, signed and encoded,
 * those of one connection side by side.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface SetPlan {
  /** `signed`: COSE readings for the gateway. `json`: what people send to a plain script. */
  kind: 'signed' | 'json'
  /** Values in a message. */
  records: number
  /** One device each. */
  connections: number
  /** Messages of one connection. */
  each: number
  /** Unix seconds of the first values; those of a device rise from there. */
  startSec: number
}

/** A set in memory: packet `i` of connection `c` ends at `ends[c * each + i]`. */
export interface MessageSet extends SetPlan {
  packets: Buffer
  ends: Uint32Array
}

/** Makes a set on all cores and writes it to a new folder. */
export async function makeSet(folder: string, plan: SetPlan): Promise<void> {
  const threads = Math.min(availableParallelism(), plan.connections)
  const parts = await Promise.all(
    Array.from({ length: threads }, (_, i) =>
      partOf({
        plan,
        from: Math.floor((i * plan.connections) / threads),
        to: Math.floor(((i + 1) * plan.connections) / threads),
      }),
    ),
  )
  let at = 0
  const ends = parts.flatMap((part) => {
    const shifted = Array.from(part.ends, (end) => end + at)
    at += part.packets.length
    return shifted
  })
  mkdirSync(folder)
  writeFileSync(join(folder, 'packets'), Buffer.concat(parts.map(({ packets }) => packets)))
  writeFileSync(join(folder, 'ends'), Uint32Array.from(ends))
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
}

/** Reads a set that `makeSet` wrote. */
export function readSet(folder: string): MessageSet {
  const plan: SetPlan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
  const ends = readFileSync(join(folder, 'ends'))
  return {
    ...plan,
    packets: readFileSync(join(folder, 'packets')),
    ends: new Uint32Array(ends.buffer, ends.byteOffset, ends.length / 4),
  }
}

/** The packets of some connections of a set. */
export interface Part {
  packets: Uint8Array
  ends: Uint32Array
}

/** What one thread makes: connections [from, to). */
export interface PartPlan {
  plan: SetPlan
  from: number
  to: number
}

function partOf(part: PartPlan): Promise<Part> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('makePart.js', import.meta.url), { workerData: part })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
