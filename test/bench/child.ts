/** Processes of the benchmark: what they say to each other, and what the kernel says of them. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What a child says; `value` as the word needs it. */
export interface Said {
  word: string
  value?: number
}

export interface Child {
  pid: number
  /** Resolves when the child says the word, at once where it has said it already; rejects when it ends. */
  said(word: string): Promise<number>
  tell(word: string): void
  stop(): Promise<void>
}

/** Starts `script`, a file beside this one, with JSON as its only argument. */
export function startChild(script: string, argument: object): Child {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, [JSON.stringify(argument)])
  const heard = new Map<string, number>()
  let listeners: (() => void)[] = []
  const wake = (): void => {
    const woken = listeners
    listeners = []
    for (const listener of woken) listener()
  }
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.on('message', ({ word, value = 0 }: Said) => {
    heard.set(word, value)
    wake()
  })
  child.once('exit', wake)
  return {
    pid: pidOf(child),
    async said(word) {
      for (;;) {
        const value = heard.get(word)
        if (value !== undefined) return value
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${script} ended before it said ${word}`)
        await new Promise<void>((resolve) => listeners.push(resolve))
      }
    },
    tell: (word) => void child.send({ word }),
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** In the child: says a word to the benchmark. */
export function say(word: string, value?: number): void {
  process.send?.(value === undefined ? { word } : { word, value })
}

/** In the child: the argument it was started with. */
export function argumentOf<T>(): T {
  return JSON.parse(process.argv[2]!)
}

/** In the child: calls back each time the benchmark says the word. */
export function when(word: string, act: () => void): void {
  process.on('message', (said: Said) => {
    if (said.word === word) act()
  })
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start')
  return child.pid
}

/** Processor time of a process with all its threads, and of its first thread, microseconds. */
export function cpuTime(pid: number): { all: number; main: number } {
  return { all: ticks(`/proc/${pid}/stat`), main: ticks(`/proc/${pid}/task/${pid}/stat`) }
}

/** Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms. */
function ticks(path: string): number {
  const text = readFileSync(path, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Resident memory of a process now and at most so far, MB (10^6 bytes). */
export function memory(pid: number): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  const kB = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return { now: (kB('VmRSS') * 1024) / 1e6, peak: (kB('VmHWM') * 1024) / 1e6 }
}
